import type { LogChunk } from "../runtime.ts";
import { runtimeFailed } from "../runtime-errors.ts";

const HEADER_BYTES = 8;

/**
 * Takes apart what engines send of containers without a terminal: frames of an 8-byte header (1 stdout or 2 stderr, three
 * zeros, the length as a big-endian number) and as many bytes (docker/pkg/stdcopy). Pieces of a frame come out as they come
 * in, so that a frame of any length takes no memory. A container with a terminal has no frames: its bytes are all stdout.
 */
export async function* stdcopyFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LogChunk> {
  const reader = new FrameReader();
  for await (const chunk of chunks) yield* reader.take(chunk);
  yield* reader.end();
}

/** States: in a header, in a frame's bytes (`left` > 0), or `isRaw` for good, which the very first header decides. */
class FrameReader {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #filled = 0;
  #left = 0;
  #isFirst = true;
  #isRaw = false;

  *take(chunk: Uint8Array): Generator<LogChunk> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (this.#isRaw) return yield { stream: "stdout", data: rest };
      if (this.#left === 0) {
        rest = this.#takeHeader(rest);
        if (this.#isRaw) yield { stream: "stdout", data: Buffer.from(this.#header) };
        continue;
      }
      const data = rest.subarray(0, this.#left);
      this.#left -= data.byteLength;
      rest = rest.subarray(data.byteLength);
      yield { stream: (this.#header[0] ?? 0) >= 2 ? "stderr" : "stdout", data };
    }
  }

  *end(): Generator<LogChunk> {
    if (this.#isRaw) return;
    if (this.#isFirst && this.#filled > 0) return yield { stream: "stdout", data: this.#header.subarray(0, this.#filled) };
    if (this.#filled > 0 || this.#left > 0) throw runtimeFailed("read a stream", "it ends within a frame");
  }

  /** What is left of the chunk after the part of a header that it begins with. */
  #takeHeader(chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, HEADER_BYTES - this.#filled);
    this.#header.set(part, this.#filled);
    this.#filled += part.byteLength;
    if (this.#filled === HEADER_BYTES) {
      this.#filled = 0;
      if (isHeader(this.#header)) this.#left = this.#header.readUInt32BE(4);
      else if (this.#isFirst) this.#isRaw = true;
      else throw runtimeFailed("read a stream", `a frame of kind ${this.#header[0]} came`);
      this.#isFirst = false;
    }
    return chunk.subarray(part.byteLength);
  }
}

/** 0 is what was written to stdin, which podman sends as stdout; 3 is an error of the engine. */
function isHeader(header: Uint8Array): boolean {
  const [kind = 0, ...zeros] = header.subarray(0, 4);
  return kind <= 3 && zeros.every((byte) => byte === 0);
}
