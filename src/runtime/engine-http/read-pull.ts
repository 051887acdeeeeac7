import { diskFull, pullFailed } from "../runtime-errors.ts";
import { jsonLines } from "./json-lines.ts";

/**
 * Reads how a pull goes, to its end. Both engines answer 200 at once and tell of a failure in a line of its own, and a stream
 * that ends without its last line is a failure too. `isLast` knows that line.
 */
export async function readPull(
  image: string,
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly onProgress?: ((line: string) => void) | undefined; readonly isLast: (line: PullLine) => boolean },
): Promise<void> {
  let isDone = false;
  for await (const value of jsonLines(chunks)) {
    const line = (typeof value === "object" && value !== null ? value : {}) as PullLine;
    if (line.error !== undefined) throw pullRefused(image, String(line.error));
    isDone ||= options.isLast(line);
    const said = line.stream ?? line.status;
    if (typeof said === "string" && said.trim() !== "") options.onProgress?.(said.trim());
  }
  if (!isDone) throw pullFailed(image, "the engine broke off");
}

export interface PullLine {
  readonly error?: unknown;
  readonly stream?: unknown;
  readonly status?: unknown;
  readonly id?: unknown;
  readonly images?: unknown;
}

export function pullRefused(image: string, detail: string): Error {
  return /no space left on device|disk quota exceeded/i.test(detail) ? diskFull(detail) : pullFailed(image, detail);
}
