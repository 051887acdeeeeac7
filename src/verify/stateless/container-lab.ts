import { randomBytes } from "node:crypto";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { FetchLike } from "../../mcp/client/fetch-like.ts";
import type { ContainerInfo, ContainerSpec, Runtime } from "../../runtime/runtime.ts";
import { runtimeCanceled } from "../../runtime/runtime-errors.ts";
import { readLog } from "./read-log.ts";
import { statelessNotResponding } from "./stateless-errors.ts";
import type { VerifyDeps } from "./subject.ts";

/** A container of ours that answers, or that ended before it did. */
export interface Started {
  readonly name: string;
  readonly url: string;
  readonly info: ContainerInfo;
  /** From the start to the first answer. */
  readonly startupMs: number;
}

export type StartOutcome =
  | ({ readonly kind: "answers" } & Started)
  | { readonly kind: "ended"; readonly name: string; readonly info: ContainerInfo; readonly log: readonly string[] };

export interface LabOptions {
  readonly path: string;
  readonly containerPort: number;
  readonly token: string | undefined;
  /** How long a server may take to its first answer. */
  readonly startTimeoutMs: number;
}

const POLL_MS = 40;
const PROBE_LIMIT_MS = 2_000;

/** Containers that live as long as one verification. `close` removes them, newest first. */
export class ContainerLab {
  readonly #deps: Pick<VerifyDeps, "runtime" | "fetch" | "nowMs" | "signal">;
  readonly #options: LabOptions;
  readonly #names: string[] = [];
  readonly #prefix = `mcpctl-verify-${randomBytes(4).toString("hex")}`;

  constructor(deps: Pick<VerifyDeps, "runtime" | "fetch" | "nowMs" | "signal">, options: LabOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  nameOf(role: string): string {
    return `${this.#prefix}-${role}`;
  }

  /** Makes and starts it, and waits for its first answer. Throws `deadline`/`STATELESS_NOT_RESPONDING`, and what the runtime throws. */
  async start(spec: ContainerSpec): Promise<StartOutcome> {
    this.#names.push(spec.name);
    await this.#deps.runtime.create(spec, this.#deps.signal);
    return this.#go(spec.name);
  }

  async restart(name: string): Promise<StartOutcome> {
    await this.#deps.runtime.stop(name, 5_000, this.#deps.signal);
    return this.#go(name);
  }

  /** Removes one before the end; nothing happens where it is not there. */
  async drop(name: string): Promise<void> {
    await this.#deps.runtime.remove(name, { volumes: true }).catch(() => undefined);
  }

  /** All of them, whatever becomes of one. Not stopped by the signal: nothing may be left behind. */
  async close(): Promise<void> {
    for (const name of this.#names.toReversed()) await this.drop(name);
  }

  async #go(name: string): Promise<StartOutcome> {
    const { runtime, nowMs, signal } = this.#deps;
    const startedAt = nowMs();
    await runtime.start(name, signal);
    for (;;) {
      if (signal.aborted) throw runtimeCanceled(signal);
      const info = await runtime.inspect(name, signal);
      if (info === undefined || info.state === "exited") return endedOutcome(runtime, name, info);
      const url = endpointOf(info, this.#options);
      if (url !== undefined && (await answers(this.#deps.fetch, url, this.#options.token))) {
        return { kind: "answers", name, url, info, startupMs: nowMs() - startedAt };
      }
      if (nowMs() - startedAt > this.#options.startTimeoutMs)
        throw statelessNotResponding(url ?? name, this.#options, await lastLines(runtime, name));
      await waitOrAbort(POLL_MS, signal);
    }
  }
}

async function endedOutcome(runtime: Runtime, name: string, info: ContainerInfo | undefined): Promise<StartOutcome> {
  if (info === undefined) throw new Error(`the container ${name} was removed by somebody else`);
  return { kind: "ended", name, info, log: await lastLines(runtime, name) };
}

async function lastLines(runtime: Runtime, name: string): Promise<readonly string[]> {
  const log = await readLog(runtime, name);
  return log
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-10);
}

/** Where its port is published, undefined where it is not (yet). */
export function endpointOf(
  { spec }: ContainerInfo,
  { containerPort, path }: Pick<LabOptions, "containerPort" | "path">,
): string | undefined {
  const published = spec.ports.find((port) => port.containerPort === containerPort && port.hostPort > 0);
  if (published === undefined) return undefined;
  const host = published.hostAddress === "0.0.0.0" ? "127.0.0.1" : published.hostAddress;
  return `http://${host}:${published.hostPort}${path}`;
}

/** Whether HTTP comes back, whatever it says. */
async function answers(fetchLike: FetchLike, url: string, token: string | undefined): Promise<boolean> {
  const headers: Record<string, string> = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  try {
    const response = await fetchLike(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(PROBE_LIMIT_MS),
    });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
