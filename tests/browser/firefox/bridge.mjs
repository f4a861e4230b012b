#!/usr/bin/env node
/**
 * Stands where Playwright expects a Firefox that speaks WebDriver BiDi, and is geckodriver with a Firefox behind it.
 *
 * Playwright starts this as if it was the browser, reads the address from its standard error, and asks for a session. geckodriver has made one
 * by then: its answer is given, and from there on every message goes through as it is. What this Firefox does not know and Playwright
 * cannot do without is answered here: the colour scheme, which is the profile's in these tests.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket, WebSocketServer } from 'ws';

const names = new Map();
const UNKNOWN = new Set(['emulation.setMediaFeaturesOverride']);
/** What a person does in the window that is in front: it comes there first, because Firefox gives the focus to one window only. */
const IN_FRONT = new Set(['browsingContext.navigate', 'input.performActions']);
const OURS = 2 ** 40;
const { SATCHEL_GECKODRIVER: driver, SATCHEL_FIREFOX: browser, SATCHEL_FIREFOX_PRIVATE: hidden } = process.env;
/**
 * Several windows have the focus at the same time, as in Playwright's other browsers: without it only the last one that was opened has it.
 * Nobody looks at each picture, and no process is kept ready for windows to come.
 * geckodriver writes over what a profile prefers: that all windows are to be private ones is said here.
 */
const PREFERENCES = {
  'focusmanager.testmode': true,
  'layout.frame_rate': 20,
  'dom.ipc.processPrelaunch.enabled': false,
  // The list of downloads would take the focus out of the page.
  'browser.download.alwaysOpenPanel': false,
  // Firefox 153 ends a page's process where a script asks twice for ariaLabelledByElements and its like, as Playwright and axe do and the page does not: both read the attribute then.
  'accessibility.ARIAElementReflection.enabled': false,
  ...(hidden === undefined ? {} : { 'browser.privatebrowsing.autostart': true }),
};
const profile = process.argv[process.argv.indexOf('--profile') + 1];

const child = spawn(driver, ['--host', '127.0.0.1', '--port', '0', '--websocket-port', '0', '--log', 'info'], { stdio: ['ignore', 'pipe', 'pipe'] });
child.on('exit', (code) => process.exit(code ?? 0));
process.on('uncaughtException', (error) => {
  console.error(error);
  child.kill();
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill());

// Firefox names its own address there, which is not the one to go to.
createInterface({ input: child.stderr }).on('line', (line) => {
  if (!line.includes('WebDriver BiDi listening')) process.stderr.write(`${line}\n`);
});

const port = await listening(child.stdout);
const { sessionId, capabilities } = await newSession(port);
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1 << 30 });
await once(server, 'listening');
process.stderr.write(`WebDriver BiDi listening on ws://127.0.0.1:${server.address().port}\n`);
server.on('connection', relay);

/** geckodriver says on standard output where it listens. */
async function listening(stream) {
  for await (const line of createInterface({ input: stream })) {
    const found = /Listening on 127\.0\.0\.1:(\d+)/.exec(line);
    if (found !== null) {
      stream.resume();
      return found[1];
    }
  }
  throw new Error('geckodriver did not start');
}

async function newSession(port) {
  const options = { binary: browser, args: ['-headless', '--profile', profile], prefs: PREFERENCES };
  const wanted = { alwaysMatch: { webSocketUrl: true, acceptInsecureCerts: true, 'moz:firefoxOptions': options } };
  const answer = await fetch(`http://127.0.0.1:${port}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ capabilities: wanted }),
  });
  const { value } = await answer.json();
  if (value.capabilities === undefined) throw new Error(`geckodriver: ${JSON.stringify(value)}`);
  return value;
}

function relay(client) {
  const firefox = new WebSocket(capabilities.webSocketUrl, { maxPayload: 1 << 30 });
  const waiting = [];
  firefox.on('open', () => waiting.splice(0).forEach((text) => firefox.send(text)));
  const send = (text) => void (firefox.readyState === WebSocket.OPEN ? firefox.send(text) : waiting.push(text));
  firefox.on('message', (bytes) => {
    const text = bytes.toString();
    if (!(text.includes(`"id":${OURS}`) && JSON.parse(text).id === OURS)) client.send(heard(text));
  });
  firefox.on('close', () => client.close());
  client.on('close', () => child.kill());
  client.on('message', (bytes) => {
    const text = bytes.toString();
    const { id, method, params } = JSON.parse(text);
    const reply = (result) => client.send(JSON.stringify({ id, type: 'success', result }));
    if (method === 'session.new') reply({ sessionId, capabilities });
    else if (UNKNOWN.has(method)) reply({});
    else if (method === 'browser.close') end().then(() => reply({}));
    else if (IN_FRONT.has(method)) [activate(params.context), text].forEach(send);
    else send(text);
  });
}

/** Its answer has an id that Playwright never asked with, and is not passed on. */
function activate(context) {
  return JSON.stringify({ id: OURS, method: 'browsingContext.activate', params: { context } });
}

/** Firefox ends only with geckodriver's session, and Playwright would wait for half a minute. */
async function end() {
  await fetch(`http://127.0.0.1:${port}/session/${sessionId}`, { method: 'DELETE' }).catch(() => undefined);
  child.kill();
}

/**
 * Playwright knows a download by its `download`, which this Firefox does not send, and looks for it under the name that was suggested, where Firefox
 * names a second file of that name otherwise.
 */
function heard(text) {
  if (!text.includes('"browsingContext.download')) return text;
  const message = JSON.parse(text);
  const { method, params } = message;
  if (method === 'browsingContext.downloadWillBegin') {
    names.set(params.url, params.suggestedFilename);
  } else if (method === 'browsingContext.downloadEnd' && params.filepath) {
    renameSync(params.filepath, join(dirname(params.filepath), names.get(params.url)));
  } else {
    return text;
  }
  params.download ??= params.url;
  return JSON.stringify(message);
}
