/** Tests that do not run in Firefox, and why: each is shown as skipped, with its reason. */
type LeftOut = readonly (readonly [RegExp, string])[];

const NEVER: LeftOut = [
  [/Back button brings nothing of it/, 'going back does not end over WebDriver BiDi'],
  [/focus is never lost while something is opened/, 'WebDriver BiDi tells no page that the network is back'],
  [/link previews, robots and lookers/, 'WebDriver BiDi opens no page without JavaScript'],
  [/accessible and fits? in فارسی/, 'for time: one language in each direction runs here, all of them in Chromium'],
  [/what the browser writes down for the service worker/, 'reads the profile of a Chromium'],
  [/the disk is full while a file is sealed/, 'it lets no page pick a place on the disk'],
  [/is printed with its words/, 'paper is not emulated over WebDriver BiDi'],
  [/hostile strings as (code|names)|in blocks of code of Markdown/, 'for time: what is made of them is the same program, and Chromium runs all of them'],
  [/browser asks for (?!العربية|Deutsch)/, 'for time: one language in each direction runs here, all of them in Chromium'],
  [/a server under load gets its work|an invite pays for links/, 'for time: the proof of work is the same WebAssembly, and is measured in Chromium'],
  [/100,000 lines|nests a thousand deep|keeps the parser busy/, 'for time: measured in Chromium, by what only it tells of long tasks'],
];

/** What a flow does when it goes wrong: the same program says it in each browser, and Chromium runs all of it. */
const SHORT = 'for time: runs here with --long';
const IN_A_LONG_RUN: LeftOut = [
  [/the printed words do the same|words that are wrong are told|looking at a panic link burns nothing|a second time says so|pasted panic link burns with it/, SHORT],
  [/ten wrong passphrases there is a wait|wrong passphrases show on the line|may be in any script/, SHORT],
  [/that is given up leaves nothing|changed later, for one link|a number of people that cannot be|is revoked after asking once more/, SHORT],
  [/is said to take long before it is asked for|what was made with WebAssembly opens without/, SHORT],
  [/the switch has a name|what was kept and is no language|where a language does not come|a switch that fails is said/, SHORT],
  [/stays through every other view|left only by who copied or saved it|takes nothing else along|goes on while another view|stays in front of a person|answered can be read meanwhile|a part of the link is no copy|shown with the result until|links are revoked, changed and added/, SHORT],
  [/accessible and fits? in Deutsch|views of several links are|the views of a panic link are/, SHORT],
];

export const LEFT_OUT: LeftOut = process.env['SATCHEL_LONG'] === undefined ? [...NEVER, ...IN_A_LONG_RUN] : NEVER;
