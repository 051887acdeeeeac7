/** The URL at which this machine reaches what listens on `hostname`: a wildcard address is reached by loopback. */
export function baseUrl(hostname: string, port: number): string {
  const reachable = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
