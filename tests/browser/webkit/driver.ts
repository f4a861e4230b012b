/** A WebKit on a screen of its own (Xvfb), driven over WebDriver: https://www.w3.org/TR/webdriver2/. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from '@playwright/test';
import { freePort } from '../server';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const LIBRARIES = '/usr/lib';

/** What is missing on this machine; empty where all is here. */
export function missing(): string {
  const onPath = (name: string): boolean => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
  const all = onPath('WebKitWebDriver') && onPath('Xvfb') && browser() !== undefined;
  return all ? '' : 'WebKit is missing: apt-get install webkit2gtk-driver xvfb';
}

/** Debian keeps it beside the library, under the machine's own name. */
function browser(): string | undefined {
  if (!existsSync(LIBRARIES)) return undefined;
  const places = readdirSync(LIBRARIES).flatMap((machine) => ['webkit2gtk-4.1', 'webkit2gtk-4.0'].map((version) => join(LIBRARIES, machine, version, 'MiniBrowser')));
  return places.find((path) => existsSync(path));
}

/** One window, and what a person does in it, by the words that they see. */
export class WebKit {
  readonly #children: readonly ChildProcess[];
  readonly #address: string;
  readonly #session: string;

  private constructor(children: readonly ChildProcess[], address: string, session: string) {
    [this.#children, this.#address, this.#session] = [children, address, session];
  }

  static async start(): Promise<WebKit> {
    // It names its screen once it is there.
    const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [number] = (await once(screen.stdout, 'data')) as [Buffer];
    const port = await freePort();
    // Tests run as root in containers, where WebKit's own sandbox cannot be made.
    const environment = { ...process.env, DISPLAY: `:${number.toString().trim()}`, LANG: 'en_GB.UTF-8', LANGUAGE: 'en_GB', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', GDK_BACKEND: 'x11' };
    const driver = spawn('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], { stdio: 'ignore', env: environment });
    const address = `http://127.0.0.1:${port}`;
    await expect.poll(() => fetch(`${address}/status`).then(({ ok }) => ok, () => false), { message: 'the driver answers' }).toBe(true);
    const options = { 'webkitgtk:browserOptions': { binary: browser(), args: ['--automation'] } };
    const { sessionId } = (await ask(address, 'POST', '/session', { capabilities: { alwaysMatch: options } })) as { sessionId: string };
    return new WebKit([driver, screen], address, sessionId);
  }

  async stop(): Promise<void> {
    await this.#ask('DELETE', '').catch(() => undefined);
    for (const child of this.#children) {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    }
  }

  /** A fresh load, also where only the fragment differs. */
  async follow(url: string): Promise<void> {
    await this.#ask('POST', '/url', { url: 'about:blank' });
    await this.#ask('POST', '/url', { url });
  }

  /** The value of a JavaScript expression. */
  evaluate(expression: string): Promise<unknown> {
    return this.#ask('POST', '/execute/sync', { script: `return ${expression};`, args: [] });
  }

  async sees(text: string): Promise<void> {
    await expect.poll(() => this.evaluate('document.body.innerText'), { message: text }).toContain(text);
  }

  /** Once the button stands still: WebDriver presses where it was when it looked, and what comes into the page above pushes it away. */
  async press(name: string): Promise<void> {
    const button = await this.#find('button', name);
    let before: unknown;
    await expect.poll(async () => {
      const last = before;
      before = await this.#ask('GET', `/element/${button}/rect`);
      return JSON.stringify(before) === JSON.stringify(last);
    }).toBe(true);
    await this.#ask('POST', `/element/${button}/click`, {});
  }

  async tick(label: string): Promise<void> {
    await this.#ask('POST', `/element/${await this.#find('label', label)}/click`, {});
  }

  async write(label: string, text: string): Promise<void> {
    const field = await this.#find('field', label);
    await this.#ask('POST', `/element/${field}/clear`, {});
    await this.#ask('POST', `/element/${field}/value`, { text });
  }

  /** Picks files of this machine's disk. */
  async pick(label: string, ...paths: readonly string[]): Promise<void> {
    await this.#ask('POST', `/element/${await this.#find('field', label)}/value`, { text: paths.join('\n') });
  }

  /** Opens a part of the page that is closed at first. */
  async unfold(summary: string): Promise<void> {
    await this.#ask('POST', `/element/${await this.#find('summary', summary)}/click`, {});
  }

  async read(label: string): Promise<string> {
    return String(await this.#ask('GET', `/element/${await this.#find('field', label)}/property/value`));
  }

  /** What can be seen and is called so, once it is there. */
  async #find(kind: 'button' | 'label' | 'field' | 'summary', name: string): Promise<string> {
    const script = `
      const [kind, name] = arguments;
      const seen = (element) => element.getClientRects().length > 0;
      const called = (element) => (element.getAttribute('aria-label') ?? element.textContent).trim() === name;
      const found = [...document.querySelectorAll(kind === 'field' ? 'label' : kind)].filter((each) => seen(each) && called(each));
      const one = kind === 'field' ? found.map((label) => label.control).find((each) => each && seen(each)) : found[0];
      return one ?? null;`;
    let found: string | undefined;
    await expect.poll(async () => {
      const answer = (await this.#ask('POST', '/execute/sync', { script, args: [kind, name] })) as Record<string, string> | null;
      found = answer?.[ELEMENT];
      return found !== undefined;
    }, { message: `${kind} ${name}` }).toBe(true).catch(async (error: unknown) => {
      // Without it nobody knows what was there instead: this driver has no trace and no picture.
      console.log(`instead of the ${kind} ${name}: ${String(await this.evaluate('document.body.innerText'))}`);
      throw error;
    });
    return found ?? '';
  }

  #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    return ask(this.#address, method, `/session/${this.#session}${path}`, body);
  }
}

async function ask(address: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(address + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null };
  if (!answer.ok) throw new Error(`WebDriver ${method} ${path}: ${value?.error} ${value?.message}`);
  return value;
}
