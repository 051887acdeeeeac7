import { waitOrAbort } from "../../core/cancelable-wait.ts";

/**
 * What `source` gives, and `beat()` at once and whenever nothing came for `everyMs`. The first beat comes when the source
 * listens already: nothing that happens after it is missed. Ends with the source, which is told when nobody reads any more.
 */
export async function* withHeartbeats<T>(source: AsyncIterable<T>, everyMs: number, beat: () => T): AsyncGenerator<T> {
  const input = source[Symbol.asyncIterator]();
  try {
    let next = input.next();
    yield beat();
    for (;;) {
      const quiet = new AbortController();
      const came = await Promise.race([next, waitOrAbort(everyMs, quiet.signal).then(() => undefined)]).finally(() => quiet.abort());
      if (came === undefined) {
        yield beat();
        continue;
      }
      if (came.done === true) return;
      yield came.value;
      next = input.next();
    }
  } finally {
    // It may wait for its next one for ever; its own signal ends that.
    void input.return?.()?.catch(() => undefined);
  }
}
