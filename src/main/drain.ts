/** How long calls in flight may take to finish. */
const DRAIN_MS = 1500;

/** Takes no new connections and gives calls in flight a moment. */
export async function drain(servers: readonly { stop(force: boolean): Promise<void> }[]): Promise<void> {
  const finished = Promise.all(servers.map((server) => server.stop(false)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MS);
  });
  await Promise.race([finished, late]);
  // A timer that is left would keep the process.
  clearTimeout(timer);
}
