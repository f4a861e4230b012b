/** Getting bytes out of the page: a download, or a stream to a place that a person picked, where the browser can do that. */
interface WithPickers {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
  showDirectoryPicker?: (options: { mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>;
}

/** Long enough for a browser to take a download over; the Blob itself lives as long as the page holds it. */
const REVOKE_AFTER_MS = 60_000;

/** Downloads `content` as `name`. A browser shows or runs none of it: every type is sent as plain bytes. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}

/** The last component: a download has no folders. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether this browser can stream to the disk. */
export function canStream(): boolean {
  return typeof (globalThis as WithPickers).showSaveFilePicker === 'function';
}

/** Where one file is to go; null when the person changed their mind. */
export async function pickFile(suggestedName: string): Promise<FileSystemFileHandle | null> {
  return orNull((globalThis as WithPickers).showSaveFilePicker?.({ suggestedName }));
}

/** Where several files are to go; null when the person changed their mind. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | null> {
  return orNull((globalThis as WithPickers).showDirectoryPicker?.({ mode: 'readwrite' }));
}

/** A stream into `root`/`path`, whose folders are made. The file gets its name when the stream is closed. */
export async function streamInto(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemWritableFileStream> {
  const components = path.split('/');
  const name = components.pop() ?? path;
  let folder = root;
  for (const component of components) folder = await folder.getDirectoryHandle(component, { create: true });
  return (await folder.getFileHandle(name, { create: true })).createWritable();
}

async function orNull<T>(picked: Promise<T> | undefined): Promise<T | null> {
  try {
    return (await picked) ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}
