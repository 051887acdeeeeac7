/** Times are stored as milliseconds since 1970, in UTC. */
export function toTime(stored: number | null): Date | undefined {
  return stored === null ? undefined : new Date(stored);
}
