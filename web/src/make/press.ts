/** A press is not lost where its button moves away under a finger that keeps still: what was loaded meanwhile comes in above it. */

/** A finger that moved farther than this, in CSS pixels, means something else. */
const STILL_MAX = 10;

/** To be attached to a form's button. A browser gives a click to whom the pointer was on both when it went down and when it came up. */
export function released(button: HTMLButtonElement): () => void {
  let down: PointerEvent | undefined;
  const press = (event: PointerEvent): void => void (down = event);
  const release = ({ pointerId, clientX, clientY }: PointerEvent): void => {
    const begun = down;
    down = undefined;
    if (begun?.pointerId !== pointerId || begun.button !== 0 || Math.hypot(clientX - begun.clientX, clientY - begun.clientY) > STILL_MAX) return;
    if (!button.contains(document.elementFromPoint(clientX, clientY))) button.form?.requestSubmit();
  };
  button.addEventListener('pointerdown', press);
  addEventListener('pointerup', release);
  return () => removeEventListener('pointerup', release);
}
