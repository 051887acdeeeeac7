import type { EngineDeps } from "./engine-deps.ts";

/** How long nothing served a component: where the old container had to stop before the new one could start. */
export class ServingGap {
  readonly #timer: Pick<EngineDeps["timer"], "monotonicMs">;
  #begunMs: number | undefined;
  #endedMs: number | undefined;

  constructor(timer: Pick<EngineDeps["timer"], "monotonicMs">) {
    this.#timer = timer;
  }

  begin(): void {
    this.#begunMs ??= this.#timer.monotonicMs();
  }

  /** The first end counts. */
  end(): void {
    this.#endedMs ??= this.#timer.monotonicMs();
  }

  /** For people; empty where there was none. */
  get text(): string {
    if (this.#begunMs === undefined || this.#endedMs === undefined) return "";
    return `nothing served it for ${((this.#endedMs - this.#begunMs) / 1000).toFixed(1)} s`;
  }
}
