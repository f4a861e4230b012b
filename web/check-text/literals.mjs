/** Words that a person would read and that are in no catalogue: in the markup of components, and in their code. */
import { parse } from 'svelte/compiler';
import ts from 'typescript';

/** Attributes that are shown or read out. */
const READ_OUT = new Set(['aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'aria-placeholder', 'title', 'placeholder', 'alt', 'label']);
/** Functions that say something. */
const SAYING = new Set(['announce']);
const LETTERS = /\p{L}/u;
/** In code, words apart, or what begins and ends like a sentence. Names of states (`not yet`) are lowercase and in quotes of their own type. */
const SENTENCE = /^\p{Lu}\p{Ll}*(?:\s|[.!?…:]$)|\p{L}[.!?…]$/u;

/** `line: text` for each in a component. */
export function literalsInComponent(source) {
  const found = [];
  const at = (node) => source.slice(0, node.start).split('\n').length;
  const tree = parse(source, { modern: true });
  walk(tree.fragment, (node, parents) => {
    if (node.type === 'Text' && LETTERS.test(node.data) && !isQuiet(parents)) found.push(`${at(node)}: ${node.data.trim()}`);
    // Whatever stands in braces among the markup is shown, unless it belongs to an attribute that is not.
    if (node.type === 'Literal' && typeof node.value === 'string' && LETTERS.test(node.value) && isShown(node, parents)) found.push(`${at(node)}: ${node.value}`);
    if (node.type === 'TemplateElement' && LETTERS.test(node.value.cooked) && isShown(node, parents)) found.push(`${at(node)}: ${node.value.cooked.trim()}`);
  });
  for (const script of [tree.instance, tree.module].filter(Boolean)) {
    const { start, end } = script.content;
    const lines = at({ start }) - 1;
    found.push(...literalsInCode(source.slice(start, end), lines));
  }
  return found;
}

/** `line: text` for each in TypeScript. */
export function literalsInCode(source, linesBefore = 0) {
  const found = [];
  const file = ts.createSourceFile('code.ts', source, ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    const text = ts.isStringLiteralLike(node) ? node.text : ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node) ? node.text : null;
    if (text !== null && LETTERS.test(text) && !isForProgrammers(node) && (SENTENCE.test(text.trimStart()) || isSaid(node))) {
      found.push(`${linesBefore + file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}: ${text.trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function walk(node, visit, parents = []) {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    for (const each of node) walk(each, visit, parents);
    return;
  }
  if (typeof node.type === 'string') visit(node, parents);
  for (const [name, child] of Object.entries(node)) {
    if (name !== 'metadata') walk(child, visit, typeof node.type === 'string' ? [...parents, node] : parents);
  }
}

/** Text of an attribute that nobody reads, or of a style. */
function isQuiet(parents) {
  const attribute = parents.findLast(({ type }) => type === 'Attribute');
  return (attribute !== undefined && !READ_OUT.has(attribute.name)) || parents.some(({ type }) => type === 'StyleSheet');
}

function isShown(node, parents) {
  const holder = parents.findLastIndex(({ type }) => ['ExpressionTag', 'HtmlTag', 'Attribute', 'RenderTag', 'AttachTag', 'EachBlock', 'IfBlock', 'AwaitBlock', 'KeyBlock', 'ConstTag', 'BindDirective', 'ClassDirective', 'SpreadAttribute'].includes(type));
  const type = parents[holder]?.type;
  const attribute = parents.findLast((each) => each.type === 'Attribute');
  if (attribute !== undefined ? !READ_OUT.has(attribute.name) : type !== 'ExpressionTag') return false;
  const inside = parents.slice(holder + 1);
  // `phase.at === 'asked'`, `of['name']` and arguments are not what is shown, results are.
  return !inside.some((each, depth) => {
    const child = inside[depth + 1] ?? node;
    return each.type === 'BinaryExpression' && each.operator !== '+' || each.type === 'CallExpression' || (each.type === 'MemberExpression' && each.property === child) || (each.type === 'ConditionalExpression' && each.test === child) || each.type === 'Property';
  });
}

/** Names of modules and types, and errors, whose text no person sees. */
function isForProgrammers(node) {
  for (let each = node.parent; each !== undefined; each = each.parent) {
    if (ts.isImportDeclaration(each) || ts.isExportDeclaration(each) || ts.isTypeNode(each) || ts.isExternalModuleReference(each)) return true;
    if (ts.isNewExpression(each) && /Error$/.test(each.expression.getText())) return true;
    if (ts.isStatement(each)) return false;
  }
  return false;
}

function isSaid(node) {
  // What is compared is no text.
  if (ts.isBinaryExpression(node.parent) && node.parent.operatorToken.kind !== ts.SyntaxKind.PlusToken) return false;
  for (let each = node.parent; each !== undefined && !ts.isStatement(each); each = each.parent) {
    if (ts.isCallExpression(each) && SAYING.has(each.expression.getText())) return true;
  }
  return false;
}
