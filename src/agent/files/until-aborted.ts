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

function orAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    // The source itself may have had it aborted.
    if (signal.aborted) reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
