/** Media types of what the form seals as a text. */
export const MARKDOWN = 'text/markdown;charset=utf-8';
export const CODE = 'text/x-code;charset=utf-8';
