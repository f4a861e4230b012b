/** Tests that do not run in Firefox, and why: each is shown as skipped, with its reason. */
export const LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/link previews, robots and lookers/, 'WebDriver BiDi opens no page without JavaScript'],
  [/accessible and fits? at 1280 px|accessible and fits? in (.* at 1280 px|فارسی)/, 'judged in Chromium: themes are not emulated over WebDriver BiDi, and axe-core finds the same at 360 px'],
  [/with the connection off and with the server ended/, 'WebDriver BiDi does not tell what came from a service worker'],
  [/what the browser writes down for the service worker/, 'reads the profile of a Chromium'],
  [/a link offline says|what was changed on the device|where the operator switched it off/, 'not understood yet: without its network Firefox gets somewhere else than Chromium, and of what is refused it says another thing'],
  [/is printed with its words/, 'paper is not emulated over WebDriver BiDi'],
  [/hostile strings as (code|names)|in blocks of code of Markdown/, 'for time: what is made of them is the same program, and Chromium runs all of them'],
  [/browser asks for (?!العربية|Deutsch)/, 'for time: one language in each direction runs here, all of them in Chromium'],
  [/a server under load gets its work|an invite pays for links/, 'for time: the proof of work is the same WebAssembly, and is measured in Chromium'],
  [/100,000 lines|nests a thousand deep|keeps the parser busy/, 'for time: measured in Chromium, by what only it tells of long tasks'],
];
