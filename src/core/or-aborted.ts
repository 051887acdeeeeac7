/** What `wait` comes to; where `signal` is aborted first its reason is thrown at once, and nobody waits any more. */
export function orAborted<T>(wait: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return wait;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    // Also of one that is aborted already: what it was to end may fail later, and that is for nobody.
    wait.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
