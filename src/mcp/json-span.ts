/**
 * Finds where values stand in a JSON text, so that one can be replaced and all else stays byte for byte.
 *
 * The text must already have passed JSON.parse: nothing here checks it. Keys are compared after
 * their escapes, since what reads the text behind us does that too; a key that stands twice on a wanted
 * path is reported, since readers differ in which one they take.
 */

/** Half-open range of UTF-16 units of the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Located {
  /** In the order of the paths that were asked for. */
  readonly spans: readonly (Span | undefined)[];
  /** A wanted path has a key that stands twice in its object. */
  readonly duplicate: boolean;
}

interface Node {
  readonly key: string;
  readonly index: number | undefined;
  readonly children: readonly Node[];
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;

/** Compiles the paths (keys from the top-level object down) once; the answer finds them in one pass over a text. */
export function createLocator(...paths: readonly (readonly string[])[]): (text: string) => Located {
  const root = treeOf(
    "",
    paths.map((path, index) => ({ path, index })),
  );
  const none: readonly undefined[] = paths.map(() => undefined);
  return (text) => {
    // Without a backslash in the text every key stands as it is: it is compared where it stands.
    const found: Found = { spans: none.slice(), duplicate: false, hasEscapes: text.includes("\\") };
    const start = skipSpace(text, 0);
    if (text.charCodeAt(start) === OPEN_BRACE) scanObject(text, start, root, found);
    return found;
  };
}

/** The elements of the array that starts at `start` (its `[`). */
export function elementsOf(text: string, start: number): Span[] {
  const elements: Span[] = [];
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = skipValue(text, at);
    elements.push({ start: at, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return elements;
}

/** The keys and values of the object that starts at `start` (its `{`), in their order; a key may stand twice. */
export function entriesOf(text: string, start: number): { readonly key: string; readonly span: Span }[] {
  const entries: { key: string; span: Span }[] = [];
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    const keyEnd = skipString(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, valueStart);
    entries.push({ key: keyOf(text, at, keyEnd), span: { start: valueStart, end } });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return entries;
}

/** `text` with the span replaced. */
export function splice(text: string, span: Span, replacement: string): string {
  return text.slice(0, span.start) + replacement + text.slice(span.end);
}

interface Found {
  spans: (Span | undefined)[];
  duplicate: boolean;
  readonly hasEscapes: boolean;
}

function treeOf(key: string, entries: readonly { path: readonly string[]; index: number }[]): Node {
  const children = [...new Set(entries.flatMap(({ path }) => path.slice(0, 1)))].map((first) => {
    const below = entries.filter(({ path }) => path[0] === first);
    return treeOf(
      first,
      below.map(({ path, index }) => ({ path: path.slice(1), index })),
    );
  });
  return { key, index: entries.find(({ path }) => path.length === 0)?.index, children };
}

/** Scans the object at `start` and returns where it ends. */
function scanObject(text: string, start: number, node: Node, found: Found): number {
  // Few keys are wanted, so a list is quicker than a set; most objects have one of them or none.
  let first: Node | undefined;
  let others: Node[] | undefined;
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    const keyEnd = skipString(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const child = childAt(text, at, keyEnd, node, found.hasEscapes);
    at = child === undefined ? skipValue(text, valueStart) : scanWanted(text, valueStart, child, found);
    if (child !== undefined) {
      if (child === first || others?.includes(child)) found.duplicate = true;
      if (first === undefined) first = child;
      else if (others === undefined) others = [child];
      else others.push(child);
    }
    at = skipSpace(text, at);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return at + 1;
}

/** The wanted child that the key from `start` to `end` (its quotes) leads to. */
function childAt(text: string, start: number, end: number, { children }: Node, hasEscapes: boolean): Node | undefined {
  if (hasEscapes) {
    const key = keyOf(text, start, end);
    return children.find((child) => child.key === key);
  }
  const length = end - start - 2;
  for (const child of children) if (child.key.length === length && text.startsWith(child.key, start + 1)) return child;
  return undefined;
}

function scanWanted(text: string, start: number, node: Node, found: Found): number {
  const descend = node.children.length > 0 && text.charCodeAt(start) === OPEN_BRACE;
  const end = descend ? scanObject(text, start, node, found) : skipValue(text, start);
  if (node.index !== undefined) found.spans[node.index] = { start, end };
  return end;
}

/** The key whose quotes stand at `start` and before `end`. */
export function keyOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : raw;
}

/** Where white space at `at` ends. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  // Valid JSON has nothing at or below U+0020 outside strings but white space.
  while (text.charCodeAt(next) <= 32) next += 1;
  return next;
}

function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return skipString(text, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipContainer(text, start);
  let at = start;
  while (at < text.length && !endsScalar(text.charCodeAt(at))) at += 1;
  return at;
}

function endsScalar(unit: number): boolean {
  return unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET || unit <= 32;
}

function skipContainer(text: string, start: number): number {
  let depth = 0;
  let at = start;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    if (unit === OPEN_BRACE || unit === OPEN_BRACKET) depth += 1;
    if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
}

/** Where the string whose opening quote stands at `start` ends. */
export function skipString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
