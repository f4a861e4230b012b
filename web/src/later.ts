/**
 * What is fetched when it is first needed, and never without its hash: index.html names each such file in a `<link rel="later">`, which loads nothing,
 * with its sha256. The server's Integrity-Policy refuses a script that comes without one; `import()` alone can't bring it, so the browser is first
 * made to hold the checked module (docs/decisions/0015-in-pieces.md).
 */
import { VaultError } from './failure';
import { scriptUrl } from './worker/url';

/** One file of the page that index.html lists. */
interface Later {
  readonly href: string;
  readonly integrity: string;
  /** Files that it imports itself, and that nothing else has loaded. */
  readonly needs: readonly string[];
}

/** What a piece of the page is: its module, once it is here. */
export interface Piece<M> {
  /** The module, where it was loaded before. */
  here(): M | undefined;
  /** Loads it; may be tried again. Rejects with `network` or `page_changed`. */
  load(): Promise<M>;
}

/** The piece that the file `name` of src/ became. `from` imports that very file: the build gives its chunk the same name. */
export function piece<M>(name: string, from: () => Promise<M>): Piece<M> {
  let module: M | undefined;
  let coming: Promise<M> | undefined;
  const bring = async (): Promise<M> => {
    if (!import.meta.env.DEV) await hold((file) => file.includes(`/${name}-`));
    module = await imported(from);
    return module;
  };
  return {
    here: () => module,
    load() {
      coming ??= bring().finally(() => (coming = undefined));
      return coming;
    },
  };
}

/**
 * Fetches a file of the page (WebAssembly, JSON) by the address that the build gave it, and gives it only with the bytes that index.html names.
 * Rejects with `network` or `page_changed`.
 */
export async function fetchChecked(url: string): Promise<Response> {
  const address = new URL(url, document.baseURI).href;
  if (import.meta.env.DEV) return fetch(address);
  return checked(find((file) => new URL(file, document.baseURI).href === address));
}

/** Has the page take a style, once. Rejects with `network` or `page_changed`. */
export async function loadStyle(url: string): Promise<void> {
  const address = new URL(url, document.baseURI).href;
  if ([...document.styleSheets].some(({ href }) => href === address)) return;
  const integrity = import.meta.env.DEV ? '' : find((file) => new URL(file, document.baseURI).href === address).integrity;
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: address, integrity });
  try {
    await new Promise((resolve, reject) => {
      Object.assign(link, { onload: resolve, onerror: reject });
      document.head.append(link);
    });
  } catch {
    link.remove();
    // Which of the two it is, the fetch says.
    await fetchChecked(url);
    throw new VaultError({ code: 'network' });
  }
}

/** As `fetchChecked`, of a file that another one names, which was checked itself. */
export function fetchNamed(href: string, integrity: string): Promise<Response> {
  return import.meta.env.DEV ? fetch(href) : checked({ href, integrity, needs: [] });
}

function find(is: (href: string) => boolean): Later {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="later"]')) {
    const href = link.getAttribute('href') ?? '';
    if (is(href)) return { href, integrity: link.integrity, needs: link.dataset['needs']?.split(' ') ?? [] };
  }
  // A page without its list is not the page that was built.
  throw new VaultError({ code: 'page_changed' });
}

/** Has the browser hold the module and what it imports, each checked against its hash. */
async function hold(is: (href: string) => boolean): Promise<void> {
  const file = find(is);
  const fresh = [...file.needs.map((needed) => find((href) => href === needed)), file].filter(({ href }) => !held.has(href));
  // Fetched first: a fetch can be repeated, while some browsers remember for ever that a module did not come.
  await Promise.all(fresh.map(async (each) => (await checked(each)).arrayBuffer()));
  // What is imported comes before what imports it.
  for (const each of fresh) await keep(each);
}

/** Files that the browser's map of modules has. */
const held = new Set<string>();
/** WebKit 2.50 has an Integrity-Policy and looks at the hash of a script alone: it refuses what was preloaded with the right one. */
let preloads = true;

async function keep({ href, integrity }: Later): Promise<void> {
  const link = document.createElement('link');
  // A browser that knows no such thing knows no Integrity-Policy either: it imports what was fetched and checked just now.
  if (!link.relList.supports('modulepreload')) return;
  try {
    if (preloads) await arrived(Object.assign(link, { rel: 'modulepreload', integrity, href })).catch(() => (preloads = false));
    if (!preloads) await arrived(Object.assign(document.createElement('script'), { type: 'module', integrity, src: scriptUrl(href, [href]) }));
    held.add(href);
  } catch {
    throw new VaultError({ code: 'network' });
  }
}

async function arrived(element: HTMLElement): Promise<void> {
  try {
    await new Promise((resolve, reject) => {
      element.onload = resolve;
      element.onerror = reject;
      document.head.append(element);
    });
  } catch (error) {
    element.remove();
    throw error;
  }
}

/** A browser says only that a fetch failed. Asked without the hash, it says whether there is a server that gives something else. */
async function checked({ href, integrity }: Later): Promise<Response> {
  try {
    const response = await fetch(href, { integrity });
    if (response.ok) return response;
  } catch {
    try {
      await fetch(href, { method: 'HEAD', cache: 'no-store' });
    } catch {
      throw new VaultError({ code: 'network' });
    }
  }
  throw new VaultError({ code: 'page_changed' });
}

async function imported<M>(from: () => Promise<M>): Promise<M> {
  try {
    return await from();
  } catch {
    throw new VaultError({ code: 'crashed' });
  }
}
