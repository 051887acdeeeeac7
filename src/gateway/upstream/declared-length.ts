const lengths = new WeakMap<ReadableStream<Uint8Array>, number>();

/** The stream, of which is known how many bytes it has in all. */
export function withLength(stream: ReadableStream<Uint8Array>, bytes: number | undefined): ReadableStream<Uint8Array> {
  if (bytes !== undefined) lengths.set(stream, bytes);
  return stream;
}

/** How many bytes the stream has in all, where its source has said so and is held to it. */
export function lengthOf(stream: ReadableStream<Uint8Array>): number | undefined {
  return lengths.get(stream);
}
