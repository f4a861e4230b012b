/** Colours for code: from a text to lengths and groups. Knows no DOM; runs in the worker of open/reading/worker.ts. */
import { createLowlight } from 'lowlight';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import type { Language } from '../kinds';
import { GROUPS, type Runs } from './tree';

const GRAMMARS = { bash, c, cpp, css, diff, go, ini, java, javascript, json, python, rust, sql, typescript, xml, yaml } satisfies Record<Language, unknown>;
const lowlight = createLowlight(GRAMMARS);

type Group = (typeof GROUPS)[number];
/** The scopes of highlight.js that get a colour; the others are plain. */
const GROUP_OF: Readonly<Record<string, Group>> = {
  addition: 'added', attr: 'name', attribute: 'name', built_in: 'type', bullet: 'keyword', class: 'type', comment: 'comment', deletion: 'removed',
  doctag: 'meta', formula: 'string', function: 'name', keyword: 'keyword', link: 'string', literal: 'number', meta: 'meta', name: 'keyword', number: 'number',
  operator: 'plain', property: 'name', quote: 'comment', regexp: 'string', section: 'name', selector: 'name', 'selector-attr': 'name', 'selector-class': 'name',
  'selector-id': 'name', 'selector-pseudo': 'name', 'selector-tag': 'keyword', string: 'string', subst: 'plain', symbol: 'number', tag: 'plain',
  'template-variable': 'name', title: 'name', type: 'type', variable: 'name',
};

type Root = ReturnType<typeof lowlight.highlight>;
type Child = Root['children'][number];

/** The colours of `text`; null where the language is unknown, or none is found. `auto` guesses. */
export function highlight(text: string, language: string): Runs | null {
  if (language !== 'auto' && !lowlight.registered(language)) return null;
  const root = language === 'auto' ? lowlight.highlightAuto(text) : lowlight.highlight(language, text);
  const runs: number[] = [];
  for (const child of root.children) flatten(child, 'plain', runs);
  return runs.length > 2 ? runs : null;
}

/** The innermost scope colours. Scopes nest as deep as a grammar says, not as a text does. */
function flatten(node: Child, group: Group, runs: number[]): void {
  if (node.type === 'text') {
    const number = GROUPS.indexOf(group);
    const last = runs.length - 1;
    if (runs[last] === number) runs[last - 1] = (runs[last - 1] ?? 0) + node.value.length;
    else runs.push(node.value.length, number);
  } else if (node.type === 'element') {
    const [scope = ''] = [node.properties['className']].flat();
    const inner = GROUP_OF[String(scope).replace('hljs-', '')] ?? group;
    for (const child of node.children) flatten(child, inner, runs);
  }
}
