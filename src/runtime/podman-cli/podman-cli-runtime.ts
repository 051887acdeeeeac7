import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Asked, errorOfRefusal } from "../engine-error.ts";
import { containerPath, isContainerName, isReference, repositoryAndTag } from "../engine-http/engine-paths.ts";
import { DEADLINES } from "../engine-http/engine-request.ts";
import { jsonLines } from "../engine-http/json-lines.ts";
import { pullRefused } from "../engine-http/read-pull.ts";
import { parsePodmanContainer, parsePodmanEvent, parsePodmanImage, parsePodmanList } from "../podman-json/parse-podman.ts";
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
  imageNotFound,
  pullFailed,
  runtimeFailed,
  runtimeUnavailable,
  specRefused,
  stateWrong,
} from "../runtime-errors.ts";
import { writtenPaths } from "../written-paths.ts";
import { argvOf, ENV_FILE } from "./argv-of.ts";
import { bothStreams } from "./both-streams.ts";
import { openCliExec } from "./open-cli-exec.ts";
import { errorText, type PodmanChild, type PodmanCliOptions, PodmanCommand, type PodmanOutcome } from "./podman-command.ts";

type Kinds = Omit<Asked, "what">;

/** podman by its command line: for a host whose service does not answer. Thirty times dearer than the socket. */
export class PodmanCliRuntime implements Runtime {
  readonly driver = "podman-cli";
  readonly #command: PodmanCommand;
  readonly #folder: string;

  constructor(options: PodmanCliOptions) {
    this.#command = new PodmanCommand(options);
    this.#folder = options.folder;
  }

  async version(signal?: AbortSignal): Promise<RuntimeVersion> {
    const { stdout } = await this.#read(["version", "--format", "{{.Client.Version}}"], "say its version", {}, signal);
    return { name: "podman", version: stdout.trim() };
  }

  async pull(image: string, { onProgress, signal }: PullOptions = {}): Promise<void> {
    if (!isReference(image)) throw pullFailed(image, "that is no reference of an image");
    const argv = ["pull", image];
    const { exitCode, stderr } = await this.#command.run({ argv, what: `pull ${image}`, timeoutMs: DEADLINES.pullMs, signal });
    if (exitCode !== 0) throw pullRefused(image, errorText(stderr));
    for (const line of stderr.split("\n")) if (line.trim() !== "") onProgress?.(line.trim());
  }

  async image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    if (!isReference(reference)) return undefined;
    const found = await this.#inspect(["image", "inspect", reference], `inspect the image ${reference}`, { image: reference }, signal);
    return found === undefined ? undefined : parsePodmanImage(found);
  }

  async tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void> {
    const { repo, tag } = repositoryAndTag(reference);
    await this.#write(["tag", imageWord(id), imageWord(`${repo}:${tag}`)], `tag ${reference}`, { image: id }, signal);
  }

  async removeImage(reference: string, signal?: AbortSignal): Promise<void> {
    await this.#write(["rmi", imageWord(reference)], `remove the image ${reference}`, { image: reference }, signal);
  }

  async create(spec: ContainerSpec, signal?: AbortSignal): Promise<string> {
    requireSafeSpec(spec);
    const call = argvOf(spec);
    const kinds = { container: spec.name, image: spec.image };
    const run = (argv: readonly string[]) => this.#write(argv, `create ${spec.name}`, kinds, signal, { env: call.env });
    const { stdout } = await this.#withEnvFile(call.fileEnv, (file) => run(call.argv.map((word) => (word === ENV_FILE ? file : word))));
    return stdout.trim();
  }

  async start(name: string, signal?: AbortSignal): Promise<void> {
    await this.#write(["start", word(name)], `start ${name}`, { container: name }, signal);
  }

  async stop(name: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const argv = ["stop", "--time", String(Math.ceil(timeoutMs / 1000)), word(name)];
    // One that was never started is stopped enough, which podman 4 does not see.
    if ((await this.#get(name, signal)).state === "created") return;
    await this.#write(argv, `stop ${name}`, { container: name }, signal, { timeoutMs: DEADLINES.writeMs + timeoutMs });
  }

  async kill(name: string, signalName: string, signal?: AbortSignal): Promise<void> {
    await this.#write(["kill", "--signal", signalName, word(name)], `kill ${name}`, { container: name }, signal);
  }

  async remove(
    name: string,
    { volumes = false, signal }: { readonly volumes?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const argv = ["rm", "--force", "--ignore", "--time", "0", ...(volumes ? ["--volumes"] : []), word(name)];
    await this.#write(argv, `remove ${name}`, { container: name }, signal);
  }

  async rename(name: string, to: string, signal?: AbortSignal): Promise<void> {
    const argv = ["rename", word(name), word(to)];
    const run = await this.#command.run({ argv, what: `rename ${name}`, timeoutMs: DEADLINES.writeMs, signal });
    const isTaken = /in use|already exists/.test(run.stderr);
    requireDone(run, { what: `rename ${name} to ${to}`, container: isTaken ? to : name });
  }

  async inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    if (!isContainerName(name)) return undefined;
    const found = await this.#inspect(["container", "inspect", word(name)], `inspect ${name}`, { container: name }, signal);
    return found === undefined ? undefined : parsePodmanContainer(found);
  }

  async list({
    labels = {},
    signal,
  }: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  } = {}): Promise<readonly ContainerSummary[]> {
    const filters = Object.entries(labels).flatMap(([name, value]) => ["--filter", `label=${name}=${value}`]);
    const { stdout } = await this.#read(["ps", "--all", "--no-trunc", "--format", "json", ...filters], "list containers", {}, signal);
    return parsePodmanList(JSON.parse(stdout || "[]"));
  }

  async *events({ since, signal }: { readonly since?: Date; readonly signal: AbortSignal }): AsyncGenerator<RuntimeEvent> {
    const from = since === undefined ? [] : ["--since", since.toISOString()];
    const argv = ["events", "--format", "json", "--filter", "type=container", ...from];
    const child = this.#open(argv, "read events", signal);
    try {
      for await (const value of jsonLines(child.stdout)) {
        const event = parsePodmanEvent(value);
        if (signal.aborted) return;
        if (event !== undefined && (since === undefined || event.at >= since)) yield event;
      }
    } finally {
      child.kill("SIGKILL");
    }
    if (!signal.aborted) throw runtimeUnavailable("the stream of events ended");
  }

  async *logs(name: string, { follow, tail, since, timestamps = false, signal }: LogOptions): AsyncGenerator<LogChunk> {
    await this.#get(name, signal);
    const flags = [
      ...(follow ? ["--follow"] : []),
      ...(timestamps ? ["--timestamps"] : []),
      ...(tail === undefined ? [] : ["--tail", String(tail)]),
      ...(since === undefined ? [] : ["--since", since.toISOString()]),
    ];
    const child = this.#open(["logs", ...flags, name], `read the log of ${name}`, signal);
    try {
      for await (const chunk of bothStreams(child.stdout, child.stderr)) {
        if (signal.aborted) return;
        yield chunk;
      }
    } finally {
      child.kill("SIGKILL");
    }
  }

  async exec(name: string, options: ExecOptions): Promise<ExecSession> {
    const { state } = await this.#get(name, options.signal);
    if (state !== "running") throw stateWrong(name, `it is ${state}`);
    return openCliExec(this.#command, name, options);
  }

  async stats(names: readonly string[], signal?: AbortSignal): Promise<readonly ContainerStats[]> {
    const all: ContainerStats[] = [];
    // One by one: one that does not run spoils the answer for all.
    for (const name of names) all.push(...(await this.#statsOf(name, signal)));
    return all;
  }

  async diff(name: string, signal?: AbortSignal): Promise<readonly PathChange[]> {
    const { spec } = await this.#get(name, signal);
    const argv = ["diff", "--format", "json", name];
    const { stdout } = await this.#read(argv, `compare ${name} with its image`, { container: name }, signal);
    const changes = JSON.parse(stdout || "{}") as Readonly<Partial<Record<PathChange["kind"], readonly string[]>>>;
    const kinds = ["changed", "added", "deleted"] as const;
    return writtenPaths(
      kinds.flatMap((kind) => (changes[kind] ?? []).map((path) => ({ kind, path }))),
      spec,
    );
  }

  async close(): Promise<void> {}

  async #statsOf(name: string, signal: AbortSignal | undefined): Promise<readonly ContainerStats[]> {
    // Its JSON is for people; a template reaches the numbers behind it.
    const numbers = ["CPU", "MemUsage", "MemLimit", "PIDs"].map((field) => `{{.ContainerStats.${field}}}`).join(" ");
    const argv = ["stats", "--no-stream", "--format", numbers, word(name)];
    const { exitCode, stdout } = await this.#command.run({ argv, what: `measure ${name}`, timeoutMs: DEADLINES.readMs, signal });
    const [cpuPercent = 0, memoryBytes = 0, memoryLimitBytes = 0, pids = 0] = stdout.trim().split(" ").map(Number);
    return exitCode !== 0 || pids === 0 ? [] : [{ name, cpuPercent, memoryBytes, memoryLimitBytes, pids }];
  }

  async #get(name: string, signal: AbortSignal | undefined): Promise<ContainerInfo> {
    const info = await this.inspect(name, signal);
    if (info === undefined) throw containerNotFound(name);
    return info;
  }

  async #inspect(argv: readonly string[], what: string, kinds: Kinds, signal: AbortSignal | undefined): Promise<unknown> {
    const run = await this.#command.run({ argv, what, timeoutMs: DEADLINES.readMs, signal });
    if (run.exitCode !== 0 && /no such (container|image)|image not known|no container with/i.test(run.stderr)) return undefined;
    requireDone(run, { what, ...kinds });
    const [found] = JSON.parse(run.stdout) as readonly unknown[];
    return found;
  }

  async #read(argv: readonly string[], what: string, kinds: Kinds, signal: AbortSignal | undefined): Promise<PodmanOutcome> {
    return requireDone(await this.#command.run({ argv, what, timeoutMs: DEADLINES.readMs, signal }), { what, ...kinds });
  }

  async #write(
    argv: readonly string[],
    what: string,
    kinds: Kinds,
    signal: AbortSignal | undefined,
    options: { readonly timeoutMs?: number; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<PodmanOutcome> {
    return requireDone(await this.#command.run({ argv, what, timeoutMs: DEADLINES.writeMs, signal, ...options }), { what, ...kinds });
  }

  /** A child that ends with the signal. */
  #open(argv: readonly string[], what: string, signal: AbortSignal): PodmanChild {
    const child = this.#command.open({ argv, what, timeoutMs: undefined });
    const kill = () => child.kill("SIGKILL");
    if (signal.aborted) kill();
    signal.addEventListener("abort", kill, { once: true });
    void child.exited.then(() => signal.removeEventListener("abort", kill));
    return child;
  }

  /** A file of `NAME=value` lines that only we may read, for the time of one call. */
  async #withEnvFile<T>(variables: Readonly<Record<string, string>>, run: (file: string) => Promise<T>): Promise<T> {
    const entries = Object.entries(variables);
    if (entries.length === 0) return run("");
    const odd = entries.find(([, value]) => /[\r\n]/.test(value));
    if (odd !== undefined) throw specRefused(`podman's command line cannot pass ${odd[0]} with a line break in it`);
    const folder = await mkdtemp(join(this.#folder, "env-"));
    try {
      const file = join(folder, "env");
      await writeFile(file, entries.map(([name, value]) => `${name}=${value}\n`).join(""), { mode: 0o600 });
      return await run(file);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** A name as a word of a command line: never an option. */
function word(name: string): string {
  containerPath(name);
  return name;
}

function imageWord(reference: string): string {
  if (!isReference(reference)) throw imageNotFound(JSON.stringify(reference));
  return reference;
}

function requireDone(outcome: PodmanOutcome, asked: Asked): PodmanOutcome {
  if (outcome.exitCode === 0) return outcome;
  const message = errorText(outcome.stderr);
  if (message === "") throw runtimeFailed(asked.what, `it ended with ${outcome.exitCode}`);
  throw errorOfRefusal(asked, { cause: "", message });
}
