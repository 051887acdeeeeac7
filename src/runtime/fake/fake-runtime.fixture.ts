/** For tests: an engine in memory. What goes wrong with engines is `FaultyRuntime`'s, around this one or another. */
import { createHash } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { requireSafeSpec } from "../require-safe-spec.ts";
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
import {
  containerNotFound,
  diskFull,
  imageNotFound,
  nameTaken,
  portTaken,
  pullFailed,
  runtimeCanceled,
  runtimeUnavailable,
  stateWrong,
} from "../runtime-errors.ts";
import { FakeContainer, type FakeLine } from "./fake-container.fixture.ts";
import { Feed } from "./feed.fixture.ts";

/** How the program in an image behaves. */
export interface Behaviour {
  /** It ends as soon as it is started. */
  readonly exitsWith?: number;
  readonly oomKilled?: boolean;
  /** What it writes when it starts. */
  readonly prints?: string;
  readonly complains?: string;
  /** SIGTERM does nothing: a stop takes its whole time and ends with 137. */
  readonly ignoresTerm?: boolean;
}

/** What a command in a container does. */
export type FakeCommand = (
  command: readonly string[],
  input: Uint8Array,
) => { readonly exitCode: number; readonly stdout?: string; readonly stderr?: string };

/** Stands until it is moved on by hand. */
export class FakeClock implements Clock {
  #ms: number;

  constructor(start: Date | string = "2026-06-01T12:00:00.000Z") {
    this.#ms = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#ms);
  }

  advance(ms: number): void {
    this.#ms += ms;
  }
}

export interface FakeRuntimeOptions {
  readonly clock?: Clock;
  /** Where a started container is reached; `10.88.0.N` by default, none without a network. */
  readonly addressOf?: (spec: ContainerSpec) => string | undefined;
  /** How a program behaves whose image and name nothing is said about. */
  readonly behaviourOf?: (spec: ContainerSpec) => Behaviour;
  readonly commandOf?: (spec: ContainerSpec) => FakeCommand;
}

/** No real process has such an id: Linux stops at 4,194,304. */
const FIRST_PID = 5_000_000;
const FIRST_FREE_PORT = 40_000;

export class FakeRuntime implements Runtime {
  readonly driver = "fake";
  readonly clock: Clock;
  /** Every event so far. */
  readonly past: RuntimeEvent[] = [];
  readonly #options: FakeRuntimeOptions;
  readonly #images = new Map<string, ImageInfo>();
  readonly #references = new Map<string, string>();
  readonly #offered = new Map<string, ImageInfo>();
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #commands = new Map<string, FakeCommand>();
  readonly #stats = new Map<string, Partial<ContainerStats>>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #feed = new Feed<RuntimeEvent>();
  readonly #ghosts = new Set<string>();
  readonly #foreignPorts = new Set<number>();
  #count = 0;
  #isDiskFull = false;

  constructor(options: FakeRuntimeOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.#options = options;
  }

  // What tests arrange.

  /** An image that is here; the same content under another reference is the same image. Resolves nothing from a registry. */
  addImage(reference: string, image: Partial<ImageInfo> & { readonly content?: string } = {}): ImageInfo {
    const whole = imageOf(reference, image);
    this.#images.set(whole.id, whole);
    this.#references.set(reference, whole.id);
    return whole;
  }

  /** An image that a pull finds. */
  offer(reference: string, image: Partial<ImageInfo> & { readonly content?: string } = {}): ImageInfo {
    const whole = imageOf(reference, image);
    this.#offered.set(reference, whole);
    return whole;
  }

  /** By the reference or id that the spec says, or by a container's name. */
  behave(imageOrName: string, behaviour: Behaviour): void {
    this.#behaviours.set(imageOrName, behaviour);
  }

  /** What commands do in the container of this name; without it they succeed and say nothing. */
  onExec(name: string, command: FakeCommand): void {
    this.#commands.set(name, command);
  }

  setStats(name: string, stats: Partial<ContainerStats>): void {
    this.#stats.set(name, stats);
  }

  /** The program of a running container ends by itself. */
  exit(name: string, exitCode: number, options: { readonly oomKilled?: boolean } = {}): void {
    this.#end(this.#get(name), exitCode, options.oomKilled ?? false);
  }

  print(name: string, text: string, stream: LogChunk["stream"] = "stdout"): void {
    const container = this.#get(name);
    const line: FakeLine = { at: this.clock.now(), stream, data: new TextEncoder().encode(text) };
    container.lines.push(line);
    container.output.push(line);
  }

  /** Somebody has changed it by hand: inspect says this instead. */
  edit(name: string, change: Partial<ContainerInfo>): void {
    const container = this.#get(name);
    container.edited = { ...container.edited, ...change };
  }

  touch(name: string, ...changes: readonly PathChange[]): void {
    this.#get(name).changes.push(...changes);
  }

  pause(name: string): void {
    const container = this.#get(name);
    container.state = "paused";
    this.#tell(container, "pause");
  }

  /** Who follows its output is not told that it has ended. */
  leaveLogsOpen(name: string): void {
    this.#get(name).logsStayOpen = true;
  }

  /** podman's service was killed while it waited for the process to end. */
  breakOffStop(name: string): void {
    this.#get(name).state = "stopping";
  }

  unpause(name: string): void {
    const container = this.#get(name);
    container.state = "running";
    this.#tell(container, "unpause");
  }

  /** The machine was switched off and on: everything that ran is down, without an event. */
  reboot(): void {
    for (const container of this.#containers.values()) {
      if (!container.isUp) continue;
      Object.assign(container, { state: "exited", pid: 0, exitCode: 0, finishedAt: undefined, addresses: [] });
    }
    this.cutEvents();
  }

  /** Storage holds the name for a container that nobody sees (podman#7800). */
  addGhost(name: string): void {
    this.#ghosts.add(name);
  }

  removeGhost(name: string): void {
    this.#ghosts.delete(name);
  }

  /** A process that is no container listens there. */
  occupyPort(port: number): void {
    this.#foreignPorts.add(port);
  }

  freePort(port: number): void {
    this.#foreignPorts.delete(port);
  }

  setDiskFull(isFull: boolean): void {
    this.#isDiskFull = isFull;
  }

  /** Breaks every open stream of events. */
  cutEvents(): void {
    this.#feed.break(runtimeUnavailable("the stream of events broke off"));
  }

  /** How many read events at the moment. */
  get eventReaders(): number {
    return this.#feed.readers;
  }

  /** The names there are, sorted. */
  get names(): readonly string[] {
    return [...this.#containers.keys()].sort();
  }

  // Runtime

  async version(signal?: AbortSignal): Promise<RuntimeVersion> {
    check(signal);
    return { name: "fake", version: "1.0.0" };
  }

  async pull(image: string, options: PullOptions = {}): Promise<void> {
    check(options.signal);
    this.#needSpace();
    const offered = this.#offered.get(image) ?? this.#byDigest(image, this.#offered.values());
    if (offered === undefined) throw pullFailed(image, "manifest unknown");
    options.onProgress?.(`Trying to pull ${image}`);
    this.#images.set(offered.id, offered);
    this.#references.set(image, offered.id);
  }

  async image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    check(signal);
    return this.#imageOf(reference);
  }

  async tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void> {
    check(signal);
    const image = this.#imageOf(id);
    if (image === undefined) throw imageNotFound(id);
    this.#references.set(reference, image.id);
  }

  async removeImage(reference: string, signal?: AbortSignal): Promise<void> {
    check(signal);
    const image = this.#imageOf(reference);
    if (image === undefined) throw imageNotFound(reference);
    const others = [...this.#references].filter(([name, id]) => id === image.id && name !== reference);
    if (this.#references.has(reference) && others.length > 0) return void this.#references.delete(reference);
    const user = [...this.#containers.values()].find((each) => each.imageId === image.id);
    if (user !== undefined) throw stateWrong(user.name, `it uses the image ${reference}`);
    for (const [name] of [...this.#references].filter(([, id]) => id === image.id)) this.#references.delete(name);
    this.#images.delete(image.id);
  }

  async create(spec: ContainerSpec, signal?: AbortSignal): Promise<string> {
    check(signal);
    requireSafeSpec(spec);
    this.#needSpace();
    if (this.#containers.has(spec.name) || this.#ghosts.has(spec.name)) throw nameTaken(spec.name);
    const image = this.#imageOf(spec.image);
    if (image === undefined) throw imageNotFound(spec.image);
    this.#count += 1;
    const container = new FakeContainer({
      id: createHash("sha256").update(`${spec.name} ${this.#count}`).digest("hex"),
      spec: { ...spec, ports: spec.ports.map((port) => ({ ...port, hostPort: port.hostPort || FIRST_FREE_PORT + this.#count })) },
      createdAt: this.clock.now(),
      imageId: image.id,
      imageDigest: image.digest,
    });
    this.#containers.set(spec.name, container);
    this.#tell(container, "create");
    return container.id;
  }

  async start(name: string, signal?: AbortSignal): Promise<void> {
    check(signal);
    const container = this.#get(name);
    if (container.state === "paused" || container.state === "stopping") throw stateWrong(name, `it is ${container.state}`);
    if (container.state === "running") return;
    this.#needPorts(container);
    this.#count += 1;
    const { addressOf = () => `10.88.0.${(this.#count % 250) + 2}` } = this.#options;
    const address = addressOf(container.spec);
    container.state = "running";
    container.startedAt = this.clock.now();
    container.exitCode = undefined;
    container.oomKilled = false;
    container.pid = FIRST_PID + this.#count * 10;
    container.addresses = address === undefined || container.spec.network === "none" ? [] : [address];
    this.#tell(container, "start");
    const { exitsWith, oomKilled, prints, complains } = this.#behaviourOf(container);
    if (prints !== undefined) this.print(name, prints);
    if (complains !== undefined) this.print(name, complains, "stderr");
    if (exitsWith !== undefined || oomKilled) this.#end(container, exitsWith ?? 137, oomKilled ?? false);
  }

  async stop(name: string, _timeoutMs: number, signal?: AbortSignal): Promise<void> {
    check(signal);
    const container = this.#get(name);
    if (!container.isUp) return;
    this.#end(container, this.#behaviourOf(container).ignoresTerm ? 137 : 0, false);
    this.#tell(container, "stop");
  }

  async kill(name: string, signalName: string, signal?: AbortSignal): Promise<void> {
    check(signal);
    const container = this.#get(name);
    if (!container.isUp) throw stateWrong(name, "it does not run");
    if (signalName === "SIGKILL") return this.#end(container, 137, false);
    if (signalName === "SIGTERM" && !this.#behaviourOf(container).ignoresTerm) this.#end(container, 143, false);
  }

  async remove(name: string, options: { readonly volumes?: boolean; readonly signal?: AbortSignal } = {}): Promise<void> {
    check(options.signal);
    this.#ghosts.delete(name);
    const container = this.#find(name);
    if (container === undefined) return;
    if (container.isUp) this.#end(container, 137, false);
    this.#containers.delete(container.name);
    this.#tell(container, "remove");
  }

  async rename(name: string, to: string, signal?: AbortSignal): Promise<void> {
    check(signal);
    const container = this.#get(name);
    if (this.#containers.has(to) || this.#ghosts.has(to)) throw nameTaken(to);
    this.#containers.delete(container.name);
    container.name = to;
    this.#containers.set(to, container);
    this.#tell(container, "rename");
  }

  async inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    check(signal);
    return this.#find(name)?.info();
  }

  async list(
    options: { readonly labels?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
  ): Promise<readonly ContainerSummary[]> {
    check(options.signal);
    const wanted = Object.entries(options.labels ?? {});
    return [...this.#containers.values()]
      .map((each) => each.info())
      .filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value))
      .map(({ id, name, image, state, labels, createdAt }) => ({ id, name, image, state, labels, createdAt }));
  }

  events({ since, signal }: { readonly since?: Date; readonly signal: AbortSignal }): AsyncIterable<RuntimeEvent> {
    const first = since === undefined ? [] : this.past.filter(({ at }) => at >= since);
    return this.#feed.read(first, signal);
  }

  async *logs(name: string, { follow, tail, since, timestamps, signal }: LogOptions): AsyncIterable<LogChunk> {
    const container = this.#get(name);
    const lines = container.lines.filter(({ at }) => since === undefined || at >= since);
    const first = tail === undefined ? lines : lines.slice(Math.max(0, lines.length - tail));
    for await (const { at, stream, data } of container.output.read(
      first,
      signal,
      () => !follow || !(container.isUp || container.logsStayOpen),
    ))
      yield { stream, data: timestamps ? Buffer.concat([Buffer.from(`${at.toISOString()} `), data]) : data };
  }

  async exec(name: string, options: ExecOptions): Promise<ExecSession> {
    check(options.signal);
    const container = this.#get(name);
    if (container.state !== "running") throw stateWrong(name, "it does not run");
    return runFake(this.#commands.get(name) ?? this.#options.commandOf?.(container.spec) ?? (() => ({ exitCode: 0 })), options);
  }

  async stats(names: readonly string[], signal?: AbortSignal): Promise<readonly ContainerStats[]> {
    check(signal);
    return names.flatMap((name) => {
      const container = this.#find(name);
      if (container?.state !== "running") return [];
      const memoryLimitBytes = container.spec.memoryBytes ?? 0;
      return [{ name, cpuPercent: 0, memoryBytes: 1 << 20, memoryLimitBytes, pids: 1, ...this.#stats.get(name) }];
    });
  }

  async diff(name: string, signal?: AbortSignal): Promise<readonly PathChange[]> {
    check(signal);
    return [...this.#get(name).changes];
  }

  async close(): Promise<void> {}

  #find(nameOrId: string): FakeContainer | undefined {
    return this.#containers.get(nameOrId) ?? [...this.#containers.values()].find(({ id }) => id === nameOrId);
  }

  #get(nameOrId: string): FakeContainer {
    const container = this.#find(nameOrId);
    if (container === undefined) throw containerNotFound(nameOrId);
    return container;
  }

  #imageOf(reference: string): ImageInfo | undefined {
    const id = this.#references.get(reference) ?? reference.replace(/^sha256:/, "");
    return this.#images.get(id) ?? this.#byDigest(reference, this.#images.values());
  }

  #byDigest(reference: string, images: Iterable<ImageInfo>): ImageInfo | undefined {
    const digest = reference.split("@")[1];
    return digest === undefined ? undefined : [...images].find((each) => each.digest === digest);
  }

  #behaviourOf(container: FakeContainer): Behaviour {
    const keys = [container.name, container.spec.name, container.spec.image, container.imageId];
    const named = [...this.#references].filter(([, id]) => id === container.imageId).map(([reference]) => reference);
    const key = [...keys, ...named].find((each) => this.#behaviours.has(each));
    return (key === undefined ? this.#options.behaviourOf?.(container.spec) : this.#behaviours.get(key)) ?? {};
  }

  #needSpace(): void {
    if (this.#isDiskFull) throw diskFull("no space left on device");
  }

  #needPorts(container: FakeContainer): void {
    for (const { hostPort, protocol } of container.spec.ports) {
      const holder = [...this.#containers.values()].find(
        (each) => each.isUp && each.spec.ports.some((port) => port.hostPort === hostPort && port.protocol === protocol),
      );
      if (holder !== undefined || this.#foreignPorts.has(hostPort)) throw portTaken(container.name, `port ${hostPort}`);
    }
  }

  #end(container: FakeContainer, exitCode: number, oomKilled: boolean): void {
    container.state = "exited";
    container.exitCode = exitCode;
    container.oomKilled = oomKilled;
    container.finishedAt = this.clock.now();
    container.pid = 0;
    container.addresses = [];
    if (oomKilled) this.#tell(container, "oom");
    this.#tell(container, "died", exitCode);
    container.output.nudge();
  }

  #tell(container: FakeContainer, action: string, exitCode?: number): void {
    const { id: containerId, name: containerName, spec } = container;
    const event = { at: this.clock.now(), action, containerId, containerName, exitCode, labels: spec.labels };
    this.past.push(event);
    this.#feed.push(event);
  }
}

function check(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw runtimeCanceled(signal);
}

function imageOf(reference: string, { content, ...image }: Partial<ImageInfo> & { readonly content?: string }): ImageInfo {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const id = image.id ?? hash(`image ${content ?? reference}`);
  return {
    id,
    digest: `sha256:${hash(`manifest ${content ?? reference}`)}`,
    size: 1 << 20,
    entrypoint: ["/server"],
    cmd: [],
    env: {},
    user: "",
    exposedPorts: [],
    volumes: [],
    labels: {},
    ...image,
  };
}

/** It runs when its input is closed, and at once where it has none. */
function runFake(run: FakeCommand, { command, stdin, signal }: ExecOptions): ExecSession {
  const input: Uint8Array[] = [];
  const output = new Feed<LogChunk>();
  const exit = Promise.withResolvers<number>();
  let isOver = false;
  const reading = output.read([], signal, () => isOver);
  const finish = () => {
    const { exitCode, stdout, stderr } = run(command, Buffer.concat(input));
    if (stdout !== undefined) output.push({ stream: "stdout", data: Buffer.from(stdout) });
    if (stderr !== undefined) output.push({ stream: "stderr", data: Buffer.from(stderr) });
    isOver = true;
    output.nudge();
    exit.resolve(exitCode);
  };
  if (!stdin) finish();
  return {
    output: reading,
    write: async (data) => void input.push(data),
    closeInput: async () => finish(),
    exitCode: exit.promise,
  };
}
