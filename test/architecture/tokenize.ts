/**
 * TypeScript text as a flat list of tokens, enough to find imports, exports, names and
 * test titles. Comments are dropped. It does not parse: whether a `/` starts a regular
 * expression is decided by the token before it. The one known miss is a regular
 * expression right after `)` or `}`, which is read as a division.
 */
export interface Token {
  readonly kind: "word" | "string" | "template" | "number" | "regex" | "punctuation";
  /** A string or template without its quotes, escapes left as written; other tokens as written. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** Throws where a template does not end: then the text is no TypeScript. */
export function tokenize(text: string): readonly Token[] {
  const reader = new TokenReader(text);
  reader.readCode(false);
  return reader.tokens;
}

const SPACE = /\s+|^#![^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const WORD = /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\.?\d(?:[\w.]|(?<=[eE])[+-])*/y;
const STRING = /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const PUNCTUATION = /\?\.(?!\d)|\.\.\.|=>|[\s\S]/y;

/** In the order they are tried; punctuation takes any character that is left. */
const PATTERNS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["word", WORD],
  ["number", NUMBER],
  ["string", STRING],
  ["regex", REGEX],
  ["punctuation", PUNCTUATION],
];

/** Words after which an expression starts, so that a `/` there starts a regular expression. */
const BEFORE_EXPRESSION = new Set([
  "return",
  "typeof",
  "case",
  "do",
  "else",
  "in",
  "of",
  "void",
  "delete",
  "throw",
  "new",
  "await",
  "yield",
]);

class TokenReader {
  readonly tokens: Token[] = [];
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads to the end of the text, or past the brace that closes a template's hole. */
  readCode(inHole: boolean): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const space = this.#match(SPACE);
      if (space !== null) {
        this.#advance(space[0].length);
        continue;
      }
      const char = this.#text[this.#at];
      if (char === "{") depth += 1;
      if (char === "}") depth -= 1;
      if (inHole && depth < 0) {
        this.#advance(1);
        return;
      }
      if (char === "`") this.#readTemplate();
      else this.#readToken();
    }
  }

  /** The template becomes one token; the code in its holes becomes tokens after it. */
  #readTemplate(): void {
    const start = this.#at + 1;
    const line = this.#line;
    const index = this.tokens.length;
    this.#advance(1);
    while (this.#text[this.#at] !== "`") {
      if (this.#at >= this.#text.length) throw new Error(`line ${line}: a template does not end`);
      if (this.#text[this.#at] === "\\") this.#advance(2);
      else if (this.#text.startsWith("${", this.#at)) {
        this.#advance(2);
        this.readCode(true);
      } else this.#advance(1);
    }
    this.tokens.splice(index, 0, { kind: "template", text: this.#text.slice(start, this.#at), line });
    this.#advance(1);
  }

  #readToken(): void {
    const [kind, match] = this.#nextToken();
    const text = match[1] ?? match[2] ?? match[0];
    this.tokens.push({ kind, text, line: this.#line });
    this.#advance(match[0].length);
  }

  #nextToken(): [Token["kind"], RegExpExecArray] {
    const startsWithSlash = this.#text[this.#at] === "/";
    for (const [kind, pattern] of PATTERNS) {
      if (kind === "regex" && !(startsWithSlash && startsExpression(this.tokens.at(-1)))) continue;
      const match = this.#match(pattern);
      if (match !== null) return [kind, match];
    }
    throw new Error(`line ${this.#line}: no token`);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  #advance(length: number): void {
    for (const end = this.#at + length; this.#at < end; this.#at += 1) if (this.#text[this.#at] === "\n") this.#line += 1;
  }
}

function startsExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_EXPRESSION.has(before.text);
  return before.kind === "punctuation" && ![")", "]", "}"].includes(before.text);
}
