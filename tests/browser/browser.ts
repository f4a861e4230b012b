/** Which browser runs, and how. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const SHELLS = ['chromium-headless-shell', 'chrome-headless-shell'];

/** No sandbox, because tests run as root in containers; and no way to any other host, whatever the page asks for. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/** Whatever the machine's locale: in the C locale Chromium saves a file with a name beyond ASCII as `download`. */
export const CHROMIUM_ENVIRONMENT = { ...process.env, LC_ALL: 'C.UTF-8' };

/** SATCHEL_CHROMIUM, or the first one on the path: the browser whole, as a person has it, which some tests ask for. */
export function chromiumPath(): string {
  const found = named('SATCHEL_CHROMIUM') ?? onPath(NAMES);
  if (found === undefined) throw new Error('no Chromium on the path: apt-get install chromium, or name one in SATCHEL_CHROMIUM');
  return found;
}

/** SATCHEL_CHROMIUM_SHELL, or one on the path: the same browser without windows, menus and the like, at half of the work. Else the whole one. */
export function shellPath(): string {
  return named('SATCHEL_CHROMIUM_SHELL') ?? onPath(SHELLS) ?? chromiumPath();
}

function named(variable: string): string | undefined {
  const value = process.env[variable];
  return value === '' ? undefined : value;
}

function onPath(names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
