import { AppError } from "../../../core/app-error.ts";

/** Cuts a byte stream into lines of UTF-8 text. */
export interface LineSplitter {
  /** The lines that this piece completes, without their ends, empty ones left out. Throws `exhausted`/`LINE_TOO_LONG`. */
  push(chunk: Uint8Array): string[];
}

const LF = 10;

/** Each byte is looked at once, however a line is cut into pieces. */
export function createLineSplitter(maxLineBytes: number): LineSplitter {
  let parts: Uint8Array[] = [];
  let held = 0;

  const take = (last: Uint8Array): string => {
    const whole = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts = [];
    held = 0;
    return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString("utf8").trim();
  };

  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
        const line = take(chunk.subarray(start, end));
        if (line !== "") lines.push(line);
        start = end + 1;
      }
      const rest = chunk.subarray(start);
      held += rest.byteLength;
      if (held > maxLineBytes) throw new AppError("exhausted", "LINE_TOO_LONG", `A line exceeds ${maxLineBytes} bytes`);
      if (rest.byteLength > 0) parts.push(rest.slice());
      return lines;
    },
  };
}
