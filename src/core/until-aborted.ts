import { orAborted } from "./or-aborted.ts";

/** What comes from `source`, until `signal`: then its reason is thrown at once, also where the source is silent. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  signal?.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const next = await orAborted(iterator.next(), signal);
      isOver = next.done === true;
      if (isOver) return;
      yield next.value;
    }
  } finally {
    // Not waited for: a silent source answers this no sooner than the rest.
    if (!isOver) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
