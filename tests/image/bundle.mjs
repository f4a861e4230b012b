// What a container engine makes of an image and `--read-only --cap-drop ALL --security-opt no-new-privileges --memory 256m`: the
// config.json of a bundle, for an OCI runtime. Not the network: it is the host's, for there is no engine to lay another one.
//
//   node bundle.mjs IMAGE.json ROOT DATA ADDRESS [SECCOMP.json] > config.json
import { readFileSync } from 'node:fs';

const [image, root, data, address, seccomp] = process.argv.slice(2);
const { config: made } = JSON.parse(readFileSync(image, 'utf8')).Docker;
const [uid, gid] = made.User.split(':').map(Number);
const environment = made.Env.filter((line) => !line.startsWith('SATCHEL_LISTEN='));

const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const nonempty = (list) => list !== undefined && list !== null && list.length > 0;

/** The engines' profile for a container without capabilities, in the words of the runtime. */
function profile(path) {
  const { defaultAction, defaultErrnoRet, syscalls } = JSON.parse(readFileSync(path, 'utf8'));
  const meant = ({ includes = {}, excludes = {} }) =>
    !nonempty(includes.caps) && !(nonempty(includes.arches) && !includes.arches.includes(architecture)) && !excludes.arches?.includes(architecture);
  const rules = syscalls.filter(meant).map(({ names, action, errnoRet, args }) => ({ names, action, ...(errnoRet === undefined ? {} : { errnoRet }), args: args ?? [] }));
  return { defaultAction, ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }), syscalls: rules };
}

const config = {
  ociVersion: '1.0.2',
  root: { path: root, readonly: true },
  hostname: 'satchel',
  process: {
    user: { uid, gid },
    args: [...made.Entrypoint, ...made.Cmd],
    env: [...environment, `SATCHEL_LISTEN=${address}`],
    cwd: '/',
    capabilities: {},
    noNewPrivileges: true,
    rlimits: [
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    ],
  },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/data', type: 'bind', source: data, options: ['bind', 'rw', 'nosuid', 'nodev', 'noexec'] },
  ],
  linux: {
    namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
    resources: { devices: [{ allow: false, access: 'rwm' }], memory: { limit: 256 * 1024 * 1024, swap: 256 * 1024 * 1024 }, pids: { limit: 128 } },
    maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sched_debug'],
    readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    ...(seccomp === undefined ? {} : { seccomp: profile(seccomp) }),
  },
};
process.stdout.write(JSON.stringify(config, null, 1));
