/** Getting bytes out of the page: a download. Straight to the disk they go by `places`. */

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
