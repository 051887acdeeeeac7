import { again, createLasting, renameLasting } from "./lasting-writes.ts";
import { NameLocks } from "./name-locks.ts";
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
} from "./runtime.ts";
import { SharedPulls } from "./shared-pulls.ts";

/** A start and its deadline before this one. */
const TURN_MS = 60_000;

/**
 * Around any driver: changes of one container come one after another, an image is pulled once however many want it at the
 * same time, and a change whose answer was lost with the engine's service is looked after and finished. Reads go through at once, so that a container that hangs keeps nobody from looking at the others.
 */
export class OrderlyRuntime implements Runtime {
  readonly #inner: Runtime;
  readonly #locks = new NameLocks();
  readonly #pulls: SharedPulls;

  constructor(inner: Runtime) {
    this.#inner = inner;
    this.#pulls = new SharedPulls((image, options) => inner.pull(image, options));
  }

  get driver(): Runtime["driver"] {
    return this.#inner.driver;
  }

  version(signal?: AbortSignal): Promise<RuntimeVersion> {
    return this.#inner.version(signal);
  }

  pull(image: string, options?: PullOptions): Promise<void> {
    return this.#pulls.pull(image, options);
  }

  image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    return this.#inner.image(reference, signal);
  }

  tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void> {
    return this.#inner.tagImage(id, reference, signal);
  }

  removeImage(reference: string, signal?: AbortSignal): Promise<void> {
    return this.#inner.removeImage(reference, signal);
  }

  create(spec: ContainerSpec, signal?: AbortSignal): Promise<string> {
    return this.#inTurn([spec.name], `create ${spec.name}`, signal, () => createLasting(this.#inner, spec, signal));
  }

  start(name: string, signal?: AbortSignal): Promise<void> {
    return this.#inTurn([name], `start ${name}`, signal, () => again(() => this.#inner.start(name, signal)));
  }

  stop(name: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.#inTurn([name], `stop ${name}`, signal, () => again(() => this.#inner.stop(name, timeoutMs, signal)));
  }

  /** Not in turn: it is how a stop that takes too long is ended. */
  kill(name: string, signalName: string, signal?: AbortSignal): Promise<void> {
    return this.#inner.kill(name, signalName, signal);
  }

  remove(name: string, options?: { readonly volumes?: boolean; readonly signal?: AbortSignal }): Promise<void> {
    return this.#inTurn([name], `remove ${name}`, options?.signal, () => again(() => this.#inner.remove(name, options)));
  }

  rename(name: string, to: string, signal?: AbortSignal): Promise<void> {
    return this.#inTurn([name, to], `rename ${name}`, signal, () => renameLasting(this.#inner, name, to, signal));
  }

  inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    return this.#inner.inspect(name, signal);
  }

  list(options?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  }): Promise<readonly ContainerSummary[]> {
    return this.#inner.list(options);
  }

  events(options: { readonly since?: Date; readonly signal: AbortSignal }): AsyncIterable<RuntimeEvent> {
    return this.#inner.events(options);
  }

  logs(name: string, options: LogOptions): AsyncIterable<LogChunk> {
    return this.#inner.logs(name, options);
  }

  exec(name: string, options: ExecOptions): Promise<ExecSession> {
    return this.#inner.exec(name, options);
  }

  stats(names: readonly string[], signal?: AbortSignal): Promise<readonly ContainerStats[]> {
    return this.#inner.stats(names, signal);
  }

  diff(name: string, signal?: AbortSignal): Promise<readonly PathChange[]> {
    return this.#inner.diff(name, signal);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #inTurn<T>(names: readonly string[], what: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    return this.#locks.run(names, { what: `${what}, behind another call for it`, timeoutMs: TURN_MS, signal }, act);
  }
}
