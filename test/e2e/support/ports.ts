/** Whether a server can take this port of loopback now. */
export function isPortFree(port: number): boolean {
  try {
    void Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response() }).stop(true);
    return true;
  } catch {
    return false;
  }
}

export function portOf(url: string): number {
  return Number(new URL(url).port);
}
