/** A place on the disk that a test picks instead of a person: the browser's own files, with their streams, in the folder that it keeps for the page. */
import type { Page } from '@playwright/test';

/** Stands in for both pickers. `refused` of the first ones are closed without picking. */
export async function pickInstead(page: Page, refused = 0): Promise<void> {
  await page.addInitScript((closed) => {
    let left = closed;
    const place = (): Promise<FileSystemDirectoryHandle> => {
      if (left === 0) return navigator.storage.getDirectory();
      left -= 1;
      return Promise.reject(new DOMException('closed', 'AbortError'));
    };
    Object.assign(globalThis, {
      showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) => (await place()).getFileHandle(suggestedName, { create: true }),
      showDirectoryPicker: place,
    });
  }, refused);
}

/** What lies in that place: each file's name and content. */
export async function picked(page: Page): Promise<Record<string, Buffer>> {
  const files = await page.evaluate(async () => {
    const found: Record<string, number[]> = {};
    for await (const handle of (await navigator.storage.getDirectory()).values()) {
      if (handle.kind === 'file') found[handle.name] = [...new Uint8Array(await (await handle.getFile()).arrayBuffer())];
    }
    return found;
  });
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)]));
}

/** Puts a file there that was there before. */
export async function putThere(page: Page, name: string, text: string): Promise<void> {
  await page.evaluate(async ([name, text]) => {
    const file = await (await navigator.storage.getDirectory()).getFileHandle(name, { create: true });
    const stream = await file.createWritable();
    await stream.write(text);
    await stream.close();
  }, [name, text] as const);
}
