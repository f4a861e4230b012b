/** Elements without markup: texts go in as texts, so there is nothing for Trusted Types to trust. */

type Child = Node | string;

/** A new element with properties and children. */
export function element<N extends keyof HTMLElementTagNameMap>(
  name: N,
  properties: Partial<HTMLElementTagNameMap[N]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[N] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A button that does something. */
export function button(text: string, className: string, onclick: () => void): HTMLButtonElement {
  return element('button', { type: 'button', className, onclick }, text);
}

/** An element of index.html. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new TypeError(id);
  return found;
}

/** Tells a screen reader what happened although nothing was focused. */
export function say(text: string): void {
  byId('said', HTMLParagraphElement).textContent = text;
}
