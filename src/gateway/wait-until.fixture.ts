const DEADLINE_MS = 5000;

/** Resolves when it is so; throws where it is not within five seconds. */
export async function waitUntil(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`it did not come to pass within ${DEADLINE_MS / 1000} s: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
