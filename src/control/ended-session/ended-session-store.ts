/** Sessions that were ended before their absolute limit, by the hash of their random id. */
export interface EndedSessionStore {
  /** Ending the same session twice is no error. */
  add(idHash: string, expiresAt: Date): Promise<void>;
  /** Those whose limit lies after `now`. */
  live(now: Date): Promise<{ idHash: string; expiresAt: Date }[]>;
  prune(now: Date): Promise<void>;
}
