import { AppError, toAppError } from "../../core/app-error.ts";
import type { ContainerSummary, Runtime } from "../../runtime/runtime.ts";
import { isSetAside } from "../component/container-names.ts";
import { WATCH_LIMITS } from "./monitor-settings.ts";
import type { Look } from "./observation-of.ts";
import { type Timing, within } from "./timing.ts";

export type Listing =
  | { readonly kind: "listed"; readonly containers: readonly ContainerSummary[] }
  /** Some container holds up the list; each can still be asked for by its name. */
  | { readonly kind: "hung"; readonly reason: string }
  | { readonly kind: "away"; readonly reason: string };

/** Asks the engine, each time within a deadline of its own; a failure is an answer. Rejects with `signal`'s reason alone. */
export class EngineLooks {
  readonly #runtime: Pick<Runtime, "list" | "inspect">;
  readonly #timing: Timing;

  constructor(runtime: Pick<Runtime, "list" | "inspect">, timing: Timing) {
    this.#runtime = runtime;
    this.#timing = timing;
  }

  async list(signal: AbortSignal): Promise<Listing> {
    try {
      const listed = await within(this.#timing, WATCH_LIMITS.listDeadlineMs, signal, (own) => this.#runtime.list({ signal: own }));
      if (listed !== undefined) return { kind: "listed", containers: listed.value };
      return { kind: "hung", reason: `the list of containers did not come within ${WATCH_LIMITS.listDeadlineMs} ms` };
    } catch (thrown) {
      signal.throwIfAborted();
      return { kind: isTimeout(thrown) ? "hung" : "away", reason: toAppError(thrown).message };
    }
  }

  /** By its name, and where it has none of this name by the id that it had: somebody may have renamed it. */
  async one(name: string, id: string | undefined, signal: AbortSignal): Promise<Look> {
    const named = await this.#inspect(name, signal);
    if (named.kind !== "absent" || id === undefined) return named;
    const renamed = await this.#inspect(id, signal);
    // A deploy has: what is kept of an earlier version is not what serves.
    return renamed.kind === "found" && isSetAside(renamed.info.name, name) ? { kind: "absent" } : renamed;
  }

  async #inspect(name: string, signal: AbortSignal): Promise<Look> {
    const { inspectDeadlineMs } = WATCH_LIMITS;
    try {
      const found = await within(this.#timing, inspectDeadlineMs, signal, (own) => this.#runtime.inspect(name, own));
      if (found === undefined)
        return { kind: "unknown", whose: "container", reason: `the engine did not tell within ${inspectDeadlineMs} ms` };
      return found.value === undefined ? { kind: "absent" } : { kind: "found", info: found.value };
    } catch (thrown) {
      signal.throwIfAborted();
      const isAway = thrown instanceof AppError && thrown.reason === "RUNTIME_UNAVAILABLE";
      return { kind: "unknown", whose: isAway ? "engine" : "container", reason: toAppError(thrown).message };
    }
  }
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.code === "deadline";
}
