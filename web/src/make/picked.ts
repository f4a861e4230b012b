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

/** `added` behind `files`; a path that is there already is replaced, for nobody means to send a file twice. */
export function joined(files: readonly SourceFile[], added: readonly SourceFile[]): SourceFile[] {
  const paths = new Set(added.map(({ path }) => path));
  return [...files.filter(({ path }) => !paths.has(path)), ...added];
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
