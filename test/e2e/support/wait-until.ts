const POLL_MS = 20;

/** Asks again and again until `probe` gives something that is not undefined or false; throws with `what` after `limitMs`. */
export async function waitUntil<T>(what: string, probe: () => T | Promise<T>, limitMs = 10_000): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + limitMs;
  while (true) {
    const found = await probe();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await Bun.sleep(POLL_MS);
  }
}
