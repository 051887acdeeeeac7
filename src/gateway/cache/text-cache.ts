/**
 * What a text is kept under. `owner` is the principal or the project that it was read for: nobody else is ever given it.
 * The parts tell the texts of one owner apart.
 */
export interface CacheKey {
  readonly owner: string;
  readonly parts: readonly string[];
}

/** Texts that may outlive the process. What is in it may be gone at any moment; nothing depends on it. */
export interface TextCache {
  /** Undefined where there is none, or it cannot be read. Never throws. */
  get(key: CacheKey): Promise<string | undefined>;
  /** Never throws: what cannot be kept is not. */
  set(key: CacheKey, text: string): Promise<void>;
}
