/** Whether what is on the page has been in front of somebody. */

const isVisible = (): boolean => document.visibilityState === 'visible';

/** Resolves once the page was drawn while it could be seen: two frames, for the first is asked for before anything is drawn. */
export async function inSight(): Promise<void> {
  for (;;) {
    while (!isVisible()) await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    await nextFrame();
    await nextFrame();
    if (isVisible()) return;
  }
}

function nextFrame(): Promise<unknown> {
  return new Promise(requestAnimationFrame);
}
