/**
 * For tests: goes around a runtime and lets it hang, fail, lie, slow down and die on command. It counts every call.
 *
 * The newest fault that fits a call is the one that strikes.
 */
import type { AppError } from "../../core/app-error.ts";
import type {
  ContainerInfo,
  ContainerSpec,
  ContainerStats,
  ContainerSummary,
  ExecOptions,
  ExecSession,
  ImageInfo,
  LogChunk,
  LogOptions,
  PathChange,
  PullOptions,
  Runtime,
  RuntimeEvent,
  RuntimeVersion,
} from "../runtime.ts";
import { runtimeCanceled, runtimeUnavailable } from "../runtime-errors.ts";

export type RuntimeCall = Exclude<keyof Runtime, "driver" | "close">;

const WRITES: readonly RuntimeCall[] = ["pull", "tagImage", "removeImage", "create", "start", "stop", "kill", "remove", "rename"];

export interface MadeCall {
  readonly call: RuntimeCall;
  /** The container or image it was about; empty for none. */
  readonly name: string;
}

/** Which calls a fault is for: all of this kind, or those about this name, and how many of them; undefined is all. */
export interface Where {
  readonly name?: string;
  readonly times?: number;
  /** Lets so many pass first. */
  readonly after?: number;
}

type Strike = (run: () => Promise<unknown>, signal: AbortSignal | undefined) => Promise<unknown>;

interface Fault {
  readonly call: RuntimeCall | "any";
  readonly name: string | undefined;
  readonly strike: Strike;
  skip: number;
  left: number;
}

export class FaultyRuntime implements Runtime {
  readonly inner: Runtime;
  /** Every call so far, in order. */
  readonly calls: MadeCall[] = [];
  #faults: Fault[] = [];
  #stale = new Map<string, ContainerInfo | undefined>();
  #eventFault: (event: RuntimeEvent) => number = () => 1;
  #cuts = new Set<AbortController>();
  #dead = false;
  #death = Promise.withResolvers<void>();
  #deathAt: { readonly write: number; readonly when: "before" | "after" } | undefined;

  constructor(inner: Runtime) {
    this.inner = inner;
  }

  get driver(): Runtime["driver"] {
    return this.inner.driver;
  }

  // What tests ask.

  count(call: RuntimeCall, name?: string): number {
    return this.calls.filter((each) => each.call === call && (name === undefined || each.name === name)).length;
  }

  /** The calls that change something, in order. */
  get writes(): readonly MadeCall[] {
    return this.calls.filter(({ call }) => WRITES.includes(call));
  }

  // What tests arrange. Each resolves with a way to take the fault back.

  /** Such calls throw. With `done` the engine does the work all the same, and only its answer is lost. */
  fail(call: RuntimeCall | "any", error: AppError, where: Where & { readonly done?: boolean } = {}): () => void {
    return this.#add(call, where, async (run) => {
      if (where.done) await run();
      throw error;
    });
  }

  /** Such calls do not come back until the fault is taken back, or their signal is aborted; then they are carried out. */
  hang(call: RuntimeCall | "any", where: Where = {}): () => void {
    const released = Promise.withResolvers<void>();
    const takeBack = this.#add(call, where, async (run, signal) => {
      await orAborted(released.promise, signal);
      return run();
    });
    return () => {
      takeBack();
      released.resolve();
    };
  }

  /** Such calls wait for what the test gives first, a clock of its own for instance. */
  slow(call: RuntimeCall | "any", wait: () => Promise<void>, where: Where = {}): () => void {
    return this.#add(call, where, async (run, signal) => {
      await orAborted(wait(), signal);
      return run();
    });
  }

  /** Something else happens just before such a call, as between two calls of an engine that others use too. */
  before(call: RuntimeCall | "any", act: () => void | Promise<void>, where: Where = {}): () => void {
    return this.#add(call, where, async (run) => {
      await act();
      return run();
    });
  }

  /** The engine is away: every call fails. */
  goAway(): () => void {
    this.cutEvents();
    return this.fail("any", runtimeUnavailable("nobody listens on its socket"));
  }

  /** Inspect goes on saying what is so now. */
  async freezeInspect(name: string): Promise<() => void> {
    this.#stale.set(name, await this.inner.inspect(name));
    return () => void this.#stale.delete(name);
  }

  /** How often each event is delivered: 0 loses it, 2 doubles it. */
  deliverEvents(times: (event: RuntimeEvent) => number): () => void {
    this.#eventFault = times;
    return () => {
      this.#eventFault = () => 1;
    };
  }

  /** Breaks the streams of events that are open. */
  cutEvents(): void {
    for (const cut of this.#cuts) cut.abort(runtimeUnavailable("the stream of events broke off"));
  }

  /**
   * Whoever uses this runtime dies at its write number `write`, counted from 1 and from now: just before the engine does it, or
   * just after. From then on no call comes back, as in a process that is gone; its successor takes `inner`.
   */
  dieAt(write: number, when: "before" | "after"): Promise<void> {
    this.#deathAt = { write: this.writes.length + write, when };
    return this.#death.promise;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  // Runtime

  version(signal?: AbortSignal): Promise<RuntimeVersion> {
    return this.#call("version", "", signal, () => this.inner.version(signal));
  }

  pull(image: string, options?: PullOptions): Promise<void> {
    return this.#call("pull", image, options?.signal, () => this.inner.pull(image, options));
  }

  image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    return this.#call("image", reference, signal, () => this.inner.image(reference, signal));
  }

  tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void> {
    return this.#call("tagImage", reference, signal, () => this.inner.tagImage(id, reference, signal));
  }

  removeImage(reference: string, signal?: AbortSignal): Promise<void> {
    return this.#call("removeImage", reference, signal, () => this.inner.removeImage(reference, signal));
  }

  create(spec: ContainerSpec, signal?: AbortSignal): Promise<string> {
    return this.#call("create", spec.name, signal, () => this.inner.create(spec, signal));
  }

  start(name: string, signal?: AbortSignal): Promise<void> {
    return this.#call("start", name, signal, () => this.inner.start(name, signal));
  }

  stop(name: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.#call("stop", name, signal, () => this.inner.stop(name, timeoutMs, signal));
  }

  kill(name: string, signalName: string, signal?: AbortSignal): Promise<void> {
    return this.#call("kill", name, signal, () => this.inner.kill(name, signalName, signal));
  }

  remove(name: string, options?: { readonly volumes?: boolean; readonly signal?: AbortSignal }): Promise<void> {
    return this.#call("remove", name, options?.signal, () => this.inner.remove(name, options));
  }

  rename(name: string, to: string, signal?: AbortSignal): Promise<void> {
    return this.#call("rename", name, signal, () => this.inner.rename(name, to, signal));
  }

  inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    return this.#call("inspect", name, signal, async () =>
      this.#stale.has(name) ? this.#stale.get(name) : this.inner.inspect(name, signal),
    );
  }

  list(options?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  }): Promise<readonly ContainerSummary[]> {
    return this.#call("list", "", options?.signal, () => this.inner.list(options));
  }

  events({ since, signal }: { readonly since?: Date; readonly signal: AbortSignal }): AsyncIterable<RuntimeEvent> {
    const cut = new AbortController();
    this.#cuts.add(cut);
    const events = this.inner.events({ ...(since === undefined ? {} : { since }), signal: AbortSignal.any([signal, cut.signal]) });
    return this.#deliver(events, cut, signal);
  }

  logs(name: string, options: LogOptions): AsyncIterable<LogChunk> {
    const open = () => this.#call("logs", name, options.signal, async () => this.inner.logs(name, options));
    return (async function* () {
      yield* await open();
    })();
  }

  exec(name: string, options: ExecOptions): Promise<ExecSession> {
    return this.#call("exec", name, options.signal, () => this.inner.exec(name, options));
  }

  stats(names: readonly string[], signal?: AbortSignal): Promise<readonly ContainerStats[]> {
    return this.#call("stats", names.join(" "), signal, () => this.inner.stats(names, signal));
  }

  diff(name: string, signal?: AbortSignal): Promise<readonly PathChange[]> {
    return this.#call("diff", name, signal, () => this.inner.diff(name, signal));
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async *#deliver(events: AsyncIterable<RuntimeEvent>, cut: AbortController, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    try {
      await this.#call("events", "", signal, async () => {});
      for await (const event of events) for (let left = this.#eventFault(event); left > 0; left -= 1) yield event;
      if (cut.signal.aborted) throw cut.signal.reason;
    } finally {
      this.#cuts.delete(cut);
    }
  }

  async #call<T>(call: RuntimeCall, name: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    if (this.#dead) return never();
    this.calls.push({ call, name });
    const isLast = this.#deathAt !== undefined && WRITES.includes(call) && this.writes.length === this.#deathAt.write;
    if (isLast && this.#deathAt?.when === "before") return this.#die();
    const result = await this.#strike(call, name, signal, run);
    return isLast || this.#dead ? this.#die() : result;
  }

  async #strike<T>(call: RuntimeCall, name: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    const fault = this.#faults.findLast(
      (each) => (each.call === "any" || each.call === call) && (each.name === undefined || each.name === name) && each.left > 0,
    );
    if (fault === undefined) return run();
    if (fault.skip > 0) {
      fault.skip -= 1;
      return run();
    }
    fault.left -= 1;
    return (await fault.strike(run, signal)) as T;
  }

  #die(): Promise<never> {
    this.#dead = true;
    this.cutEvents();
    this.#death.resolve();
    return never();
  }

  #add(call: RuntimeCall | "any", { name, times, after }: Where, strike: Strike): () => void {
    const fault: Fault = { call, name, strike, skip: after ?? 0, left: times ?? Number.POSITIVE_INFINITY };
    this.#faults.push(fault);
    return () => {
      this.#faults = this.#faults.filter((each) => each !== fault);
    };
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** Rejects as every driver does when the signal is aborted meanwhile. */
function orAborted(wait: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return wait;
  return new Promise((resolve, reject) => {
    const abort = () => reject(runtimeCanceled(signal));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    wait.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
