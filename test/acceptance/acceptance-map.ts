/** Each acceptance line stands in exactly one of the three. */
export interface AcceptanceMap {
  /** Numbers, or ranges with both ends: "S1-004", "S1-013..S1-173". */
  readonly open: readonly string[];
  /** The tests that prove a line: "path/to/file.test.ts > title", the title as its file writes it. */
  readonly done: Readonly<Record<string, readonly string[]>>;
  /** The decision that replaces a line, as a path from the root. */
  readonly superseded: Readonly<Record<string, string>>;
}

/** How many lines each source has. They are numbered from 1 without a gap. */
const COUNTS: Readonly<Record<string, number>> = { S1: 173, S2: 74, S3: 71, S4: 123 };

/** Every number there is: S1-001 to S4-123. */
export function allNumbers(): readonly string[] {
  return Object.entries(COUNTS).flatMap(([prefix, count]) => Array.from({ length: count }, (_, index) => lineNumber(prefix, index + 1)));
}

/** The numbers of an `open` entry. Throws where it is neither a number nor a rising range of one source. */
export function expandRange(entry: string): readonly string[] {
  const parts = /^(S\d)-(\d{3})(?:\.\.\1-(\d{3}))?$/.exec(entry);
  const [, prefix, first, last = first] = parts ?? [];
  if (prefix === undefined || Number(first) > Number(last))
    throw new Error(`"${entry}" is neither a number like S1-004 nor a range like S1-004..S1-009`);
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => lineNumber(prefix, Number(first) + index));
}

function lineNumber(prefix: string, value: number): string {
  return `${prefix}-${String(value).padStart(3, "0")}`;
}
