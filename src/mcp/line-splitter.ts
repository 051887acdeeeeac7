import { AppError } from "../core/app-error.ts";

/** Cuts a byte stream into lines of UTF-8 text. */
export interface LineSplitter {
  /** The lines that this piece completes, without their ends, empty ones left out. Throws `exhausted`/`LINE_TOO_LONG`. */
  push(chunk: Uint8Array): string[];
  /** Bytes of an unfinished line. */
  readonly held: number;
}

const LF = 10;

/**
 * Each byte is looked at once, however a line is cut into pieces. With `onTooLong` a line over the limit is told of
 * and left out, and the next one counts again.
 */
export function createLineSplitter(maxLineBytes: number, onTooLong?: () => void): LineSplitter {
  let parts: Uint8Array[] = [];
  let held = 0;
  /** The rest of a line that was too long is on its way. */
  let skipping = false;

  const take = (last: Uint8Array): string => {
    const whole = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts = [];
    held = 0;
    return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString("utf8").trim();
  };

  const skip = () => {
    if (onTooLong === undefined) throw new AppError("exhausted", "LINE_TOO_LONG", `A line exceeds ${maxLineBytes} bytes`);
    parts = [];
    held = 0;
    skipping = true;
    onTooLong();
  };

  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
        if (!skipping && held + end - start > maxLineBytes) skip();
        const line = skipping ? "" : take(chunk.subarray(start, end));
        skipping = false;
        if (line !== "") lines.push(line);
        start = end + 1;
      }
      const rest = chunk.subarray(start);
      if (skipping || rest.byteLength === 0) return lines;
      held += rest.byteLength;
      if (held > maxLineBytes) skip();
      else parts.push(rest.slice());
      return lines;
    },
    get held() {
      return held;
    },
  };
}
