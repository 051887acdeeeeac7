import { parse } from "smol-toml";

/** The way to a value: keys of tables, and places in arrays of tables from 0 on. */
export type TomlPath = readonly (string | number)[];

/** `key = value` as it stands in a text; offsets count UTF-16 units. */
export interface TomlEntry {
  readonly path: TomlPath;
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** What entries stand in: the text before the first header, below a header, or between braces. */
export interface TomlTable {
  readonly path: TomlPath;
  readonly kind: "root" | "header" | "braces";
  /** Of the header or the opening brace. */
  readonly start: number;
  /** Behind it. */
  readonly bodyStart: number;
  readonly entries: TomlEntry[];
}

export interface TomlSpans {
  readonly tables: readonly TomlTable[];
  /** From `#` to before the end of the line. */
  readonly comments: readonly { readonly start: number; readonly end: number }[];
}

/** Where everything stands in a TOML text. The text has been parsed before: what is no TOML gives nonsense here. */
export function scanToml(text: string): TomlSpans {
  return new Scan(text).run();
}

/** Reads from front to back; `at` is the next character. */
class Scan {
  private readonly text: string;
  private at = 0;
  private readonly tables: TomlTable[] = [];
  private readonly comments: { start: number; end: number }[] = [];
  /** How many elements each array of tables has so far, by its path as JSON. */
  private readonly lengths = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
  }

  run(): TomlSpans {
    let table: TomlTable = { path: [], kind: "root", start: 0, bodyStart: 0, entries: [] };
    this.tables.push(table);
    for (this.skipBlank(); this.at < this.text.length; this.skipBlank()) {
      if (this.text[this.at] === "[") table = this.header();
      else this.entry(table);
    }
    return { tables: this.tables, comments: this.comments };
  }

  private header(): TomlTable {
    const start = this.at;
    const isArray = this.text.startsWith("[[", start);
    this.at += isArray ? 2 : 1;
    const path = this.resolve(this.key("]"), isArray);
    this.at += isArray ? 2 : 1;
    const table: TomlTable = { path, kind: "header", start, bodyStart: this.at, entries: [] };
    this.tables.push(table);
    return table;
  }

  /** The path that the keys of a header mean: in each array of tables its last element. */
  private resolve(keys: readonly string[], isArray: boolean): TomlPath {
    let path: TomlPath = [];
    for (const [index, key] of keys.entries()) {
      path = [...path, key];
      const name = JSON.stringify(path);
      if (isArray && index === keys.length - 1) this.lengths.set(name, (this.lengths.get(name) ?? 0) + 1);
      const length = this.lengths.get(name);
      if (length !== undefined) path = [...path, length - 1];
    }
    return path;
  }

  private entry(table: TomlTable): void {
    const start = this.at;
    const path = [...table.path, ...this.key("=")];
    this.at++;
    this.skipBlank();
    const valueStart = this.at;
    this.value(path, table.kind !== "braces");
    table.entries.push({ path, start, valueStart, valueEnd: this.at });
  }

  /** A dotted key up to `end`; its parts are read as the parser reads them. */
  private key(end: string): readonly string[] {
    const start = this.at;
    while (this.at < this.text.length && this.text[this.at] !== end) {
      if (this.text[this.at] === '"' || this.text[this.at] === "'") this.quoted();
      else this.at++;
    }
    const keys: string[] = [];
    let inner: unknown = parse(`${this.text.slice(start, this.at)} = 0`);
    while (typeof inner === "object" && inner !== null) {
      const [[name, value] = ["", 0]] = Object.entries(inner);
      keys.push(name);
      inner = value;
    }
    return keys;
  }

  /** `toLineEnd`: a date may hold a space, where nothing else ends the value. */
  private value(path: TomlPath, toLineEnd: boolean): void {
    const first = this.text[this.at];
    if (first === '"' || first === "'") this.quoted();
    else if (first === "[") this.array(path);
    else if (first === "{") this.braces(path);
    else this.bare(toLineEnd ? /[^\r\n#]*/y : /[^\r\n#,\]}]*/y);
  }

  /** A number, a date or a truth value, up to what ends it. */
  private bare(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    this.at += pattern.exec(this.text)?.[0].trimEnd().length ?? 0;
  }

  private array(path: TomlPath): void {
    this.at++;
    let index = 0;
    for (this.skipBlank(); this.text[this.at] !== "]" && this.at < this.text.length; this.skipBlank()) {
      if (this.text[this.at] === ",") {
        this.at++;
        index++;
      } else this.value([...path, index], false);
    }
    this.at++;
  }

  private braces(path: TomlPath): void {
    const table: TomlTable = { path, kind: "braces", start: this.at, bodyStart: this.at + 1, entries: [] };
    this.tables.push(table);
    this.at++;
    for (this.skipBlank(); this.text[this.at] !== "}" && this.at < this.text.length; this.skipBlank()) {
      if (this.text[this.at] === ",") this.at++;
      else this.entry(table);
    }
    this.at++;
  }

  private quoted(): void {
    const quote = this.text[this.at] ?? "";
    const long = this.text.startsWith(quote.repeat(3), this.at);
    const end = long ? quote.repeat(3) : quote;
    this.at += end.length;
    while (this.at < this.text.length && !this.text.startsWith(end, this.at))
      this.at += quote === '"' && this.text[this.at] === "\\" ? 2 : 1;
    this.at += end.length;
    // Up to two quotes may stand before the three that end a long text.
    while (long && this.text[this.at] === quote) this.at++;
  }

  /** Past white space, ends of lines and comments. */
  private skipBlank(): void {
    for (; this.at < this.text.length; this.at++) {
      if (this.text[this.at] === "#") this.comment();
      if (!/[\s\uFEFF]/.test(this.text[this.at] ?? "x")) return;
    }
  }

  private comment(): void {
    const start = this.at;
    const newline = this.text.indexOf("\n", start);
    const end = newline < 0 ? this.text.length : newline;
    this.at = end;
    this.comments.push({ start, end: this.text[end - 1] === "\r" ? end - 1 : end });
  }
}
