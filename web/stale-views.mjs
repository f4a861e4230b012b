/**
 * Views of memory that JavaScript would use after they went stale. Memory that grows is a new one, and the variables that hold the views are set anew; but
 * in `view[f()]` and in `view[at] = f()` JavaScript reads the variable before it calls `f`. Where `f` has memory grow, the old one is read or written.
 */
import { parseAst } from 'vite';

const VIEW = /^(?:Int8|Int16|Int32|Uint8|Uint16|Uint32|Float32|Float64)Array$/;
const isFunction = ({ type }) => type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';

/** Calls `visit` with each node below; where that gives false, not with those below it. */
function walk(node, visit) {
  if (Array.isArray(node)) {
    for (const each of node) walk(each, visit);
  } else if (typeof node?.type === 'string' && visit(node) !== false) {
    for (const key in node) if (typeof node[key] === 'object') walk(node[key], visit);
  }
}

/** What a function declares itself: name and first value, none of its parameters. */
function declaredIn(fn) {
  const names = new Map(fn.params.map((parameter) => [parameter.name, null]));
  walk(fn.body, (node) => {
    if (node.type === 'VariableDeclarator') names.set(node.id.name, node.init);
    if (node.type === 'FunctionDeclaration') names.set(node.id.name, null);
    return !isFunction(node);
  });
  return names;
}

/** The function that holds memory, with the names of its views and of what it has of `Math`. */
function memoryIn(ast) {
  const found = [];
  walk(ast, (node) => {
    if (!isFunction(node)) return true;
    const declared = [...declaredIn(node)];
    const views = declared.filter(([, value]) => value?.type === 'NewExpression' && VIEW.test(value.callee.name)).map(([name]) => name);
    const pure = declared.filter(([, value]) => value?.type === 'MemberExpression' && value.object.name === 'Math').map(([name]) => name);
    if (views.length > 4) found.push({ owner: node, views: new Set(views), pure: new Set(pure) });
    return true;
  });
  if (found.length !== 1) throw new Error(`memory is held ${found.length} times: wasm2js or the minifier changed`);
  return found[0];
}

/** Where that happens: the `view[...]`, and whether something is written there. */
export function staleUses(code) {
  const { owner, views, pure } = memoryIn(parseAst(code));
  const uses = [];
  const callsIn = (node) => {
    let calls = false;
    walk(node, (each) => void (calls ||= each.type === 'CallExpression' && !pure.has(each.callee.name)));
    return calls;
  };
  const lookThrough = (fn, visible) => {
    const own = declaredIn(fn);
    const here = fn === owner ? visible : new Set([...visible].filter((name) => !own.has(name)));
    const isPlace = (node) => node.type === 'MemberExpression' && node.computed && here.has(node.object.name);
    walk(fn.body, (node) => {
      if (isFunction(node)) {
        lookThrough(node, here);
        return false;
      }
      if (node.type === 'AssignmentExpression' && isPlace(node.left) && (callsIn(node.left.property) || callsIn(node.right))) {
        uses.push({ place: node.left, write: true });
      } else if (isPlace(node) && callsIn(node.property) && !uses.some(({ place }) => place === node)) {
        uses.push({ place: node, write: false });
      }
      return true;
    });
  };
  lookThrough(owner, views);
  return uses;
}
