/** The page of a letter: an HTML file with a container inside, which its passphrase opens. It asks nobody for anything. */
import './letter.css';
import { button, byId, element } from './element';
import { container, NotOpened, open, start } from './open';
import { show } from './show';
import { lock as words, opened, sentence } from './text';
import type { Progress } from '../src/vault';

/** Below this many bytes it is over before a number could be read. */
const NUMBERS_BYTES_MIN = 4 * 1024 * 1024;
/** A page that is not looked at paints nothing; it is not to wait for that. */
const PAINTED_AFTER_MS = 100;

const form = byId('form', HTMLFormElement);
const field = byId('passphrase', HTMLInputElement);
const eye = byId('eye', HTMLButtonElement);
const press = byId('open', HTMLButtonElement);
const problem = byId('problem', HTMLParagraphElement);
const working = byId('working', HTMLParagraphElement);

let sealed: Blob | undefined;
let busy = false;
/** Begun before anything is typed: opening then takes as long as Argon2id alone. */
const started = start();

byId('still', HTMLParagraphElement).hidden = true;
form.hidden = false;
field.focus();
form.onsubmit = (event) => {
  event.preventDefault();
  if (!busy) void tryIt();
};
eye.onclick = () => setShown(field.type === 'password');
started.catch((error: unknown) => complain(codeOf(error)));

function setShown(shown: boolean): void {
  field.type = shown ? 'text' : 'password';
  eye.textContent = shown ? words.hide : words.show;
  eye.setAttribute('aria-label', shown ? words.hideIt : words.showIt);
}

async function tryIt(): Promise<void> {
  problem.textContent = '';
  field.removeAttribute('aria-invalid');
  if (field.value === '') return complain('empty_passphrase');
  setBusy(true);
  // Argon2id holds this thread for a while: what happens has to be on the screen before.
  await painted();
  try {
    await started;
    sealed ??= container();
    reveal(await show(await open(sealed, field.value, tell)));
  } catch (error) {
    setBusy(false);
    complain(codeOf(error));
  }
}

function setBusy(now: boolean): void {
  busy = now;
  press.textContent = now ? words.opening : words.open;
  press.setAttribute('aria-disabled', String(now));
  working.textContent = now ? words.working : '';
}

function complain(code: string): void {
  problem.textContent = sentence(code);
  field.setAttribute('aria-invalid', 'true');
  field.focus();
  field.select();
}

function tell({ stage, done, total }: Progress): void {
  if (stage === 'opening' && total >= NUMBERS_BYTES_MIN) working.textContent = words.percent(done, total);
}

/** Puts the document where the lock was. The passphrase goes with the form. */
function reveal(document: HTMLElement): void {
  field.value = '';
  byId('lock', HTMLElement).replaceWith(document);
  byId('trust', HTMLElement).replaceWith(
    element('p', { className: 'quiet' }, opened.overWhy),
    element('div', { className: 'actions' }, button(opened.over, '', () => location.reload())),
  );
  document.querySelector('h1')?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, PAINTED_AFTER_MS);
  });
}

function codeOf(error: unknown): string {
  return error instanceof NotOpened ? error.code : 'crashed';
}
