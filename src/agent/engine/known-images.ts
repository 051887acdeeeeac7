import type { ImageInfo, Runtime } from "../../runtime/runtime.ts";

/** Containers share a few images. */
const MAX_KEPT = 100;

/**
 * Images by their ids. What an id names never changes, and an engine takes longer to tell of an image than of a container,
 * so each is asked for once. One that is not there is asked for again.
 */
export class KnownImages {
  readonly #runtime: Pick<Runtime, "image">;
  readonly #kept = new Map<string, ImageInfo>();

  constructor(runtime: Pick<Runtime, "image">) {
    this.#runtime = runtime;
  }

  async byId(id: string, signal: AbortSignal): Promise<ImageInfo | undefined> {
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const found = await this.#runtime.image(id, signal);
    if (found === undefined) return undefined;
    this.#kept.set(id, found);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return found;
  }
}
