import { AppError } from "../../core/app-error.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { ContainerInfo, LogChunk, Runtime } from "../../runtime/runtime.ts";
import { containerNameOf } from "../../service-definition/service-definition.ts";
import type { Registry } from "../registry/registry.ts";
import { heldBack } from "./held-back.ts";
import { requireComponent } from "./require-component.ts";

export interface ComponentLogsDeps {
  readonly runtime: Pick<Runtime, "inspect" | "logs">;
  readonly registry: Pick<Registry, "service" | "component">;
  /** How often a follower looks whether its container has ended, and for the one that comes next. */
  readonly lookMs?: number;
  /** What waits for a slow follower at most. */
  readonly maxBytes?: number;
  /** How long a slow follower holds the container engine back. */
  readonly patienceMs?: number;
}

export interface ComponentLogsQuery {
  readonly service: string;
  readonly component: string;
  readonly follow: boolean;
  /** The last lines; undefined is all. */
  readonly tail?: number;
  readonly since?: Date;
  readonly timestamps: boolean;
  readonly signal: AbortSignal;
}

export interface WrittenOutput extends LogChunk {
  readonly containerId: string;
  readonly droppedBytes: number;
}

const LOOK_MS = 500;
const SILENT_LOOKS = 2;
const MAX_BYTES = 1024 * 1024;
const PATIENCE_MS = 5000;

/** The output of components, whichever container writes it at the time. */
export class ComponentLogs {
  readonly #deps: ComponentLogsDeps;

  constructor(deps: ComponentLogsDeps) {
    this.#deps = deps;
  }

  /**
   * What the component's container has written. A follower is taken along: when the container is started again, or another
   * one is put in its place, it gets that one's output from its beginning. Ends with `signal`.
   *
   * Throws `not_found`/`SERVICE_NOT_FOUND`, `COMPONENT_NOT_FOUND`, and `CONTAINER_NOT_FOUND` for who does not follow.
   */
  async *follow(query: ComponentLogsQuery): AsyncGenerator<WrittenOutput> {
    const { service, component, follow, timestamps, signal, ...from } = query;
    await requireComponent(this.#deps.registry, service, component);
    const name = containerNameOf(service, component);
    if (!follow && (await this.#deps.runtime.inspect(name, signal)) === undefined) throw containerMissing(name);
    let now = await this.#next(name, undefined, signal);
    for (let first = true; now !== undefined; first = false) {
      yield* this.#outputOf(now, { follow, timestamps, ...(first ? from : startOf(now)) }, signal);
      now = follow ? await this.#next(name, now, signal) : undefined;
    }
  }

  async *#outputOf(container: ContainerInfo, how: Omit<Parameters<Runtime["logs"]>[1], "signal">, outer: AbortSignal) {
    const { runtime, maxBytes = MAX_BYTES, patienceMs = PATIENCE_MS } = this.#deps;
    const unread = new AbortController();
    const signal = AbortSignal.any([outer, unread.signal]);
    const source = runtime.logs(container.id, { ...how, signal });
    const reader = { chunks: 0, waits: true };
    const watch = how.follow ? this.#untilSilent(container.id, reader, signal) : undefined;
    void watch?.then(() => unread.abort());
    try {
      // Who reads what is there already is waited for: nothing of it is lost.
      const output = how.follow ? heldBack(source, { maxBytes, patienceMs }) : withoutLoss(source);
      for await (const chunk of output) {
        reader.chunks += 1;
        reader.waits = false;
        yield { ...chunk, containerId: container.id };
        reader.waits = true;
      }
    } catch (thrown) {
      const isOver = unread.signal.aborted && !outer.aborted;
      if (!isOver && (!how.follow || !(thrown instanceof AppError) || thrown.reason !== "CONTAINER_NOT_FOUND")) throw thrown;
    } finally {
      unread.abort();
      await watch;
    }
  }

  /**
   * Resolves when a container has ended and nothing more comes of its output, or with `signal`. podman's stream should end with
   * its container, and one in ten does not (4.3.1).
   */
  async #untilSilent(id: string, reader: { readonly chunks: number; readonly waits: boolean }, signal: AbortSignal): Promise<void> {
    const { runtime, lookMs = LOOK_MS } = this.#deps;
    for (let silent = 0; silent < SILENT_LOOKS; ) {
      const { chunks } = reader;
      await waitOrAbort(lookMs, signal);
      if (signal.aborted) return;
      const isUp = await runtime.inspect(id, signal).then(
        (found) => found !== undefined && found.state !== "exited",
        () => true,
      );
      silent = !isUp && reader.waits && reader.chunks === chunks ? silent + 1 : 0;
    }
  }

  /** The container that has this name, once it is another one than `last`, or that one runs anew. Undefined: `signal` came. */
  async #next(name: string, last: ContainerInfo | undefined, signal: AbortSignal): Promise<ContainerInfo | undefined> {
    const { runtime, lookMs = LOOK_MS } = this.#deps;
    while (!signal.aborted) {
      const found = await runtime.inspect(name, signal);
      if (found !== undefined && (found.id !== last?.id || startedAtMs(found) > startedAtMs(last))) return found;
      await waitOrAbort(lookMs, signal);
    }
    return undefined;
  }
}

async function* withoutLoss(source: AsyncIterable<LogChunk>) {
  for await (const chunk of source) yield { ...chunk, droppedBytes: 0 };
}

/** A container that was started anew has written before; one that is new has not. */
function startOf({ startedAt }: ContainerInfo): { readonly since?: Date } {
  return startedAt === undefined ? {} : { since: startedAt };
}

function startedAtMs({ startedAt }: ContainerInfo): number {
  return startedAt?.getTime() ?? 0;
}

function containerMissing(name: string): AppError {
  return new AppError("not_found", "CONTAINER_NOT_FOUND", `There is no container ${name}`, {
    hint: "has it been deployed? 'mcpctl ps' shows",
  });
}
