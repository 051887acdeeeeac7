import type { LogChunk } from "../runtime.ts";

/** What a child writes to both of its streams, in the order in which it arrives. A slow reader slows the child. */
export async function* bothStreams(stdout: ReadableStream<Uint8Array>, stderr: ReadableStream<Uint8Array>): AsyncGenerator<LogChunk> {
  const readers = { stdout: stdout.getReader(), stderr: stderr.getReader() };
  const next = async (stream: LogChunk["stream"]) => ({ stream, ...(await readers[stream].read()) });
  const waiting = new Map([
    ["stdout" as const, next("stdout")],
    ["stderr" as const, next("stderr")],
  ] as const);
  try {
    while (waiting.size > 0) {
      const { stream, done, value } = await Promise.race(waiting.values());
      if (done) waiting.delete(stream);
      else {
        waiting.set(stream, next(stream));
        yield { stream, data: value };
      }
    }
  } finally {
    for (const reader of Object.values(readers)) void reader.cancel().catch(() => {});
  }
}
