import { createTextLines, type TextLines } from "./text-lines.ts";

export interface ErrorOutputOptions {
  /** Longest line, in characters. */
  readonly maxLine: number;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  readonly onLine: (line: string) => void;
  /** So many bytes before the next line were left out. */
  readonly onLeftOut: (bytes: number) => void;
}

const WINDOW_MS = 1000;
/** What a process may say in a second: as much as is kept of it. One that floods must cost no more than the reading. */
const MAX_BYTES = 256 * 1024;

/**
 * What a process writes to its standard error, as lines. More than 256 KiB in a second are not looked at; the line in which that
 * begins and the one in which it ends are left out whole: half a secret could not be told. What it says last is looked at in any
 * case: it may be why it ended.
 */
export function createErrorOutput({ maxLine, monotonicNow, onLine, onLeftOut }: ErrorOutputOptions): TextLines {
  const lines = createTextLines(maxLine, onLine);
  let windowAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  let leftOut = 0;
  let latest: Uint8Array | undefined;
  const tell = () => {
    if (leftOut > 0) onLeftOut(leftOut);
    leftOut = 0;
  };
  return {
    push(chunk) {
      const now = monotonicNow();
      if (now - windowAt >= WINDOW_MS) {
        windowAt = now;
        used = 0;
      }
      used += chunk.byteLength;
      if (used > MAX_BYTES) {
        leftOut += latest?.byteLength ?? 0;
        latest = chunk;
        lines.skip();
        return;
      }
      leftOut += latest?.byteLength ?? 0;
      latest = undefined;
      tell();
      lines.push(chunk);
    },
    skip: () => lines.skip(),
    end() {
      tell();
      if (latest !== undefined) lines.push(latest);
      lines.end();
    },
  };
}
