/** A request that is on its way when the server's time is up would cross the close. */
const MARGIN_MS = 1000;

/**
 * How long a connection may be idle, in ms, by the `Keep-Alive` header of its last response (RFC 2068 19.7.1.1):
 * a second less than the server waits, 0: not at all. Infinity where it does not say.
 */
export function keepAliveMs(header: string | undefined): number {
  if (header === undefined) return Number.POSITIVE_INFINITY;
  const seconds = /(?:^|[,; \t])timeout="?(\d{1,9})/i.exec(header)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Number(seconds) * 1000 - MARGIN_MS);
}
