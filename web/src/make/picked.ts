/** Files as a person gives them: picked, dropped (folders too) or pasted, with the paths they had among each other. */
import type { SourceFile } from '../vault';

/** Files of an `<input type=file>`; a picked folder gives paths. */
export function fromInput(list: FileList | null): SourceFile[] {
  return [...(list ?? [])].map((file) => ({ file, path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath }));
}

/** Files and folders of a drop. Must be called before the event is over: the list is emptied afterwards. */
export async function fromDrop(transfer: DataTransfer): Promise<SourceFile[]> {
  const entries = [...transfer.items].flatMap((item) => (item.kind === 'file' ? (item.webkitGetAsEntry() ?? []) : []));
  if (entries.length === 0) return fromInput(transfer.files);
  return (await Promise.all(entries.map(walk))).flat();
}

/**
 * `added` behind `files`. What is there already (path, size and time) is not sent twice; another file of the same path gets a number, as two pasted
 * pictures do, which browsers call the same.
 */
export function joined(files: readonly SourceFile[], added: readonly SourceFile[]): SourceFile[] {
  const all = new Map(files.map((each) => [each.path, each]));
  for (const { file, path: wanted } of added) {
    const path = freePath(wanted, (taken) => {
      const there = all.get(taken)?.file;
      return there !== undefined && (there.size !== file.size || there.lastModified !== file.lastModified);
    });
    all.set(path, { file, path });
  }
  return [...all.values()];
}

/** `path`, or the first of `name (2).ending`, `name (3).ending`, ... that is not taken. */
export function freePath(path: string, isTaken: (path: string) => boolean): string {
  let free = path;
  for (let number = 2; isTaken(free); number += 1) free = path.replace(/^(.*?[^/])(\.[^./]*)?$/s, `$1 (${number})$2`);
  return free;
}

/** Whether a text that was copied along with `files` says nothing but their names: a table comes with a picture of itself, a file with its name. */
export function namesOnly(text: string, files: readonly SourceFile[]): boolean {
  return text.split(/[\r\n]+/).every((line) => line.trim() === '' || files.some(({ file }) => line.trim().endsWith(file.name)));
}

/** Bytes of all files. */
export function sizeOf(files: readonly SourceFile[]): number {
  return files.reduce((sum, { file }) => sum + file.size, 0);
}

async function walk(entry: FileSystemEntry): Promise<SourceFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const children: FileSystemEntry[] = [];
  // A reader gives at most a hundred entries a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    children.push(...some);
  }
  return (await Promise.all(children.map(walk))).flat();
}
