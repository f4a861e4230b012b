/** Which browser runs, and how. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** No sandbox, because tests run as root in containers; and no way to any other host, whatever the page asks for. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/** Whatever the machine's locale: in the C locale Chromium saves a file with a name beyond ASCII as `download`. */
export const CHROMIUM_ENVIRONMENT = { ...process.env, LC_ALL: 'C.UTF-8' };

/** SATCHEL_CHROMIUM, or the first one on the path. */
export function chromiumPath(): string {
  const named = process.env['SATCHEL_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
  if (found === undefined) throw new Error('no Chromium on the path: apt-get install chromium, or name one in SATCHEL_CHROMIUM');
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
