import { backoffMs } from "../../core/backoff.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";

/** A process that was started. */
export interface ServiceProcess {
  readonly pid: number;
  readonly exited: Promise<unknown>;
  /** The last words it wrote to its error output. */
  readonly lastWords: () => string;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** What the service needs of the machine; `open-podman-service.ts` has the real ones. */
export interface PodmanServiceDeps {
  /** Starts it; throws where it cannot be started. */
  readonly spawn: () => Promise<ServiceProcess>;
  /** One question to its socket; rejects where there is no answer in time. */
  readonly ping: () => Promise<void>;
  readonly residentBytes: (pid: number) => Promise<number>;
  readonly random: () => number;
  readonly wait?: typeof waitOrAbort;
  /** Each change of its state, for the log. */
  readonly onState?: (state: ServiceState, detail: string) => void;
}

export type ServiceState = "starting" | "up" | "waiting" | "stopped";

const PING_EVERY_MS = 5_000;
const START_POLL_MS = 50;
const START_LIMIT_MS = 15_000;
const FAILED_PINGS = 3;
/** A healthy one has 50 to 70 MB; leaks of gigabytes are known (podman#14879). */
const MAX_RESIDENT_BYTES = 512 << 20;
const STOP_LIMIT_MS = 3_000;
const RESTART_BACKOFF = { firstMs: 200, maxMs: 30_000 };

/**
 * A podman API service of our own, kept alive: started anew where it ends, does not answer three times in a row or has
 * grown too large. Containers do not notice: conmon watches them, not the service.
 * States: starting → up → (ended or given up) → waiting → starting; stopped for good.
 */
export class PodmanService {
  readonly #deps: PodmanServiceDeps;
  readonly #wait: typeof waitOrAbort;
  readonly #stop = new AbortController();
  #state: ServiceState = "waiting";
  #waiters = new Set<() => void>();
  #loop: Promise<void> | undefined;

  constructor(deps: PodmanServiceDeps) {
    this.#deps = deps;
    this.#wait = deps.wait ?? waitOrAbort;
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** Begins; returns at once. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves with whether it is up, at the latest after `limitMs`. */
  async untilUp(limitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#state === "up" || this.#state === "stopped") return this.#state === "up";
    const give = new AbortController();
    const up = new Promise<void>((resolve) => this.#waiters.add(resolve));
    const over = signal === undefined ? give.signal : AbortSignal.any([give.signal, signal]);
    await Promise.race([up, waitOrAbort(limitMs, over)]);
    give.abort();
    return (this.#state as ServiceState) === "up";
  }

  /** As `untilUp`, for one who has found that nobody listens, which may not be known here yet. */
  async untilBack(limitMs: number, signal: AbortSignal): Promise<boolean> {
    for (let waited = 0; waited < limitMs && !signal.aborted && this.#state !== "stopped"; waited += START_POLL_MS) {
      if (await this.#answers()) return true;
      await this.#wait(START_POLL_MS, signal);
    }
    return false;
  }

  /** Ends the process, by force after three seconds. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    this.#become("stopped", "");
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      if (attempt > 0) await this.#wait(backoffMs(RESTART_BACKOFF, attempt, this.#deps.random()), signal);
      if (signal.aborted) return;
      this.#become("starting", "");
      const life = await this.#live();
      if (life.wasUp) attempt = 0;
      if (!signal.aborted) this.#become("waiting", life.why);
    }
  }

  /** One process from its start to its end. */
  async #live(): Promise<{ readonly wasUp: boolean; readonly why: string }> {
    let child: ServiceProcess;
    try {
      child = await this.#deps.spawn();
    } catch (thrown) {
      return { wasUp: false, why: thrown instanceof Error ? thrown.message : String(thrown) };
    }
    const ended = new AbortController();
    void child.exited.then(() => ended.abort());
    const over = AbortSignal.any([ended.signal, this.#stop.signal]);
    const wasUp = await this.#untilAnswers(over);
    if (wasUp) this.#become("up", `process ${child.pid}`);
    const why = wasUp ? await this.#watch(child, over) : "it did not answer";
    const words = child.lastWords();
    await this.#end(child);
    return { wasUp, why: ended.signal.aborted && words !== "" ? words : why };
  }

  async #untilAnswers(over: AbortSignal): Promise<boolean> {
    for (let waited = 0; waited < START_LIMIT_MS && !over.aborted; waited += START_POLL_MS) {
      if (await this.#answers()) return !over.aborted;
      await this.#wait(START_POLL_MS, over);
    }
    return false;
  }

  /** Resolves with why it is to be ended, or has ended. */
  async #watch(child: ServiceProcess, over: AbortSignal): Promise<string> {
    for (let failed = 0; failed < FAILED_PINGS; ) {
      await this.#wait(PING_EVERY_MS, over);
      if (over.aborted) return "it ended";
      failed = (await this.#answers()) ? 0 : failed + 1;
      const size = await this.#deps.residentBytes(child.pid);
      if (size > MAX_RESIDENT_BYTES) return `it has grown to ${size >> 20} MiB`;
    }
    return `it did not answer ${FAILED_PINGS} times`;
  }

  async #end(child: ServiceProcess): Promise<void> {
    child.kill("SIGTERM");
    const gone = new AbortController();
    void child.exited.then(() => gone.abort());
    await this.#wait(STOP_LIMIT_MS, gone.signal);
    if (!gone.signal.aborted) child.kill("SIGKILL");
    await child.exited;
  }

  async #answers(): Promise<boolean> {
    return this.#deps.ping().then(
      () => true,
      () => false,
    );
  }

  #become(state: ServiceState, detail: string): void {
    this.#state = state;
    this.#deps.onState?.(state, detail);
    if (state !== "up" && state !== "stopped") return;
    for (const waiter of this.#waiters) waiter();
    this.#waiters = new Set();
  }
}
