/** An opened document on the screen: texts to be read and copied, files to be saved, pictures on demand. */
import { download, fileName } from '../src/parts/saving';
import type { Entry, Received } from '../src/vault';
import { button, element, say } from './element';
import { opened as words } from './text';

/** A longer text is a file: no screen reader and no phone wants it in one piece. */
const TEXT_BYTES_MAX = 1024 * 1024;
const PICTURE_BYTES_MAX = 40 * 1024 * 1024;
/** Between downloads of Save all: browsers drop those that come in the same moment. */
const DOWNLOAD_PAUSE_MS = 150;
/** What an `img` decodes and never runs. Everything else is a download, SVG and PDF above all. */
const RASTER = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']);

/** One entry. */
interface Item {
  readonly entry: Entry;
  readonly name: string;
  readonly content: Blob;
}

/** All of it, heading first. */
export async function show(received: readonly Received[]): Promise<HTMLElement> {
  const files = received.map(({ entry, content }) => ({ entry, content: content ?? new Blob(), name: entry.name ?? words.unnamed }));
  const [only, ...others] = files;
  const text = only !== undefined && others.length === 0 && only.entry.name === null ? await textOf(only) : null;
  const card = element('section', { className: 'card' });
  card.append(element('h1', { tabIndex: -1 }, text === null ? words.files(files.length) : words.text));
  if (only === undefined) card.append(element('p', {}, words.nothing));
  else if (text !== null) card.append(...textCard(text, words.text, () => download(only.content, words.textFile)));
  else card.append(await fileList(files));
  const savable = files.filter(({ entry }) => !entry.folder);
  if (text === null && savable.length > 1) card.append(button(words.saveAll, 'primary wide', () => void saveAll(savable)));
  return card;
}

/** The text of what says that it is one, and is. */
async function textOf({ entry, content }: Item): Promise<string | null> {
  if (!entry.mediaType.startsWith('text/') || entry.folder || content.size > TEXT_BYTES_MAX) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await content.arrayBuffer());
  } catch {
    return null;
  }
}

/** A text with its buttons. */
function textCard(text: string, label: string, onsave: (() => void) | null): HTMLElement[] {
  const shown = element('div', { className: 'reading', dir: 'auto', tabIndex: 0 }, text);
  shown.setAttribute('role', 'region');
  shown.setAttribute('aria-label', label);
  const copy = button(words.copyText, 'primary', () => {
    void copied(text, shown).then((done) => {
      copy.textContent = done ? words.copied : words.copyFailed;
      say(copy.textContent);
    });
  });
  const actions = element('div', { className: 'actions' }, copy);
  if (onsave !== null) actions.append(button(words.saveText, '', onsave));
  return [shown, actions];
}

async function copied(text: string, shown: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard for files here, or refused: the older way works on what is selected.
    getSelection()?.selectAllChildren(shown);
    return document.execCommand('copy');
  }
}

async function fileList(files: readonly Item[]): Promise<HTMLElement> {
  const list = element('ul', { className: 'files' });
  for (const file of files) list.append(await fileRow(file, files.length === 1));
  return list;
}

async function fileRow(file: Item, alone: boolean): Promise<HTMLElement> {
  const { entry, name, content } = file;
  const about = [entry.folder ? words.folder : words.size(content.size), ...(entry.renamed ? [words.renamed] : [])];
  const what = element(
    'div',
    { className: 'what' },
    element('span', { className: 'name' }, element('bdi', {}, name)),
    element('span', { className: 'quiet' }, about.join('. ')),
  );
  const actions = element('div', { className: 'actions' });
  const row = element('li', {}, element('div', { className: 'row' }, what, actions));
  const text = await textOf(file);
  const picture = RASTER.has(entry.mediaType) && content.size <= PICTURE_BYTES_MAX;
  if (text !== null) actions.append(toggle(row, name, alone, () => textCard(text, words.textOf(name), null)));
  else if (picture) actions.append(toggle(row, name, false, () => [pictureOf(file)]));
  if (!entry.folder) actions.append(saveButton(file));
  return row;
}

/** Shows and hides what `make` makes, below a row. */
function toggle(row: HTMLElement, name: string, atOnce: boolean, make: () => HTMLElement[]): HTMLButtonElement {
  const place = element('div', { className: 'shown' });
  let shows = false;
  const set = (showing: boolean): void => {
    shows = showing;
    place.replaceChildren(...(showing ? make() : []));
    press.textContent = showing ? words.hideIt : words.showIt;
    press.setAttribute('aria-label', showing ? words.hide(name) : words.show(name));
    press.setAttribute('aria-expanded', String(showing));
  };
  const press = button('', 'small', () => set(!shows));
  row.append(place);
  set(atOnce);
  return press;
}

function pictureOf({ entry, name, content }: Item): HTMLElement {
  const url = URL.createObjectURL(new Blob([content], { type: entry.mediaType }));
  const picture = element('img', { src: url, alt: words.picture(name), onload: () => URL.revokeObjectURL(url) });
  picture.onerror = () => picture.replaceWith(element('p', { className: 'quiet' }, words.notShown));
  return picture;
}

function saveButton(file: Item): HTMLButtonElement {
  const press = button(words.saveIt, 'small', () => {
    save(file);
    press.textContent = words.saved;
    say(words.savedName(file.name));
  });
  press.setAttribute('aria-label', words.save(file.name));
  return press;
}

function save({ entry, content }: Item): void {
  download(content, entry.name === null ? words.unnamedFile : fileName(entry.name));
}

async function saveAll(files: readonly Item[]): Promise<void> {
  for (const file of files) {
    save(file);
    await new Promise((resolve) => setTimeout(resolve, DOWNLOAD_PAUSE_MS));
  }
  say(words.saved);
}
