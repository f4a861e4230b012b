/** What a screen reader is told although nothing was focused: one live region, in App.svelte, says it. */
export const announcement = $state({ text: '' });

/** Says `text` after what is being said now. */
export function announce(text: string): void {
  announcement.text = text;
}
