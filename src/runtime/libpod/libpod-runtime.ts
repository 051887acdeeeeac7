import { AppError } from "../../core/app-error.ts";
import { errorOfRefusal } from "../engine-error.ts";
import { EngineCalls } from "../engine-http/engine-calls.ts";
import { containerPath, imagePath, isContainerName, isReference, repositoryAndTag } from "../engine-http/engine-paths.ts";
import { DEADLINES, withQuery } from "../engine-http/engine-request.ts";
import { openExec } from "../engine-http/exec-session.ts";
import { jsonLines } from "../engine-http/json-lines.ts";
import { pullRefused, readPull } from "../engine-http/read-pull.ts";
import { refusalOf } from "../engine-http/refusal-of.ts";
import type { SocketClientOptions } from "../engine-http/socket-client.ts";
import { withDeadline } from "../engine-http/with-deadline.ts";
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
import { containerNotFound, pullFailed, runtimeFailed, runtimeUnavailable } from "../runtime-errors.ts";
import { parseChanges, writtenPaths } from "../written-paths.ts";
import { parseStats } from "./parse-stats.ts";
import { specGeneratorOf } from "./spec-generator.ts";

/** Every podman from 4.0 on answers to this version, in the shapes that it had then (podman 5.1 release notes). */
const BASE = "/v4.0.0/libpod";

/** podman over the socket of its API service. */
export class LibpodRuntime implements Runtime {
  readonly driver = "libpod";
  readonly #calls: EngineCalls;

  constructor(socketPath: string, options: SocketClientOptions = {}) {
    this.#calls = new EngineCalls(socketPath, BASE, options);
  }

  async version(signal?: AbortSignal): Promise<RuntimeVersion> {
    const { headers } = await this.#calls.send("GET", "/_ping", { ok: [200], asked: { what: "say its version" }, signal });
    const version = headers["libpod-api-version"];
    if (version === undefined) throw runtimeUnavailable(`what listens on ${this.#calls.client.socketPath} is not podman`);
    return { name: "podman", version };
  }

  async pull(image: string, { onProgress, signal }: PullOptions = {}): Promise<void> {
    if (!isReference(image)) throw pullFailed(image, "that is no reference of an image");
    const path = withQuery("/images/pull", { reference: image });
    await withDeadline({ what: `pull ${image}`, timeoutMs: DEADLINES.pullMs, signal }, async (within) => {
      const request = {
        method: "POST",
        path: `${BASE}${path}`,
        what: `pull ${image}`,
        timeoutMs: DEADLINES.pullMs,
        signal: within,
      } as const;
      const { status, chunks } = await this.#calls.client.open(request);
      if (status !== 200) throw pullRefused(image, refusalOf(Buffer.concat(await Array.fromAsync(chunks)).toString()).message);
      await readPull(image, chunks, { onProgress, isLast: ({ id, images }) => id !== undefined || images !== undefined });
    });
  }

  async image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    if (!isReference(reference)) return undefined;
    const reply = await this.#calls.send("GET", `${imagePath(reference)}/json`, {
      ok: [200, 404],
      asked: { what: `inspect the image ${reference}`, image: reference },
      signal,
    });
    return reply.status === 404 ? undefined : parsePodmanImage(JSON.parse(reply.text));
  }

  async tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void> {
    const path = withQuery(`${imagePath(id)}/tag`, repositoryAndTag(reference));
    await this.#calls.send("POST", path, { ok: [201], asked: { what: `tag ${reference}`, image: id }, signal });
  }

  async removeImage(reference: string, signal?: AbortSignal): Promise<void> {
    const asked = { what: `remove the image ${reference}`, image: reference };
    await this.#calls.send("DELETE", imagePath(reference), { ok: [200], asked, signal });
  }

  async create(spec: ContainerSpec, signal?: AbortSignal): Promise<string> {
    requireSafeSpec(spec);
    const asked = { what: `create ${spec.name}`, container: spec.name, image: spec.image };
    const { text } = await this.#calls.send("POST", "/containers/create", { ok: [201], asked, signal, body: specGeneratorOf(spec) });
    return (JSON.parse(text) as { readonly Id: string }).Id;
  }

  async start(name: string, signal?: AbortSignal): Promise<void> {
    await this.#calls.send("POST", `${containerPath(name)}/start`, {
      ok: [204, 304],
      asked: { what: `start ${name}`, container: name },
      signal,
    });
  }

  async stop(name: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const path = withQuery(`${containerPath(name)}/stop`, { timeout: Math.ceil(timeoutMs / 1000) });
    const asked = { what: `stop ${name}`, container: name };
    await this.#calls.send("POST", path, { ok: [204, 304], asked, signal, timeoutMs: DEADLINES.writeMs + timeoutMs });
  }

  async kill(name: string, signalName: string, signal?: AbortSignal): Promise<void> {
    const path = withQuery(`${containerPath(name)}/kill`, { signal: signalName });
    await this.#calls.send("POST", path, { ok: [204], asked: { what: `kill ${name}`, container: name }, signal });
  }

  async remove(
    name: string,
    { volumes = false, signal }: { readonly volumes?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const path = withQuery(containerPath(name), { force: true, v: volumes, timeout: 0 });
    const asked = { what: `remove ${name}`, container: name };
    const send = () => this.#calls.send("DELETE", path, { ok: [200, 204, 404], asked, signal });
    // One whose monitor has died is stopped by a first try, which fails, and removed by a second (4.3.1).
    const { status, text } = await send().catch((thrown: unknown) => {
      if (thrown instanceof AppError && thrown.reason === "CONTAINER_STATE_WRONG") return send();
      throw thrown;
    });
    if (status !== 200 || !text.includes('"Err"')) return;
    // podman tells of a failure within its 200, and not in words.
    const failed = (JSON.parse(text) as readonly { readonly Err?: unknown }[]).some(({ Err }) => Err !== undefined && Err !== null);
    if (failed && (await this.inspect(name, signal)) !== undefined) throw runtimeFailed(asked.what, "it is still there");
  }

  async rename(name: string, to: string, signal?: AbortSignal): Promise<void> {
    const path = withQuery(`${containerPath(name)}/rename`, { name: to });
    const asked = { what: `rename ${name} to ${to}`, container: name };
    const reply = await this.#calls.ask("POST", path, { asked, signal });
    if (reply.status === 204) return;
    const refusal = refusalOf(reply.text);
    // The name in question is the new one.
    throw errorOfRefusal(/in use|already exists/.test(refusal.cause) ? { ...asked, container: to } : asked, refusal);
  }

  async inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    if (!isContainerName(name)) return undefined;
    const path = `${containerPath(name)}/json`;
    const { status, text } = await this.#calls.send("GET", path, {
      ok: [200, 404],
      asked: { what: `inspect ${name}`, container: name },
      signal,
    });
    return status === 404 ? undefined : parsePodmanContainer(JSON.parse(text));
  }

  async list({
    labels = {},
    signal,
  }: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  } = {}): Promise<readonly ContainerSummary[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const filters = label.length === 0 ? undefined : JSON.stringify({ label });
    const asked = { what: "list containers" };
    const { text } = await this.#calls.send("GET", withQuery("/containers/json", { all: true, filters }), { ok: [200], asked, signal });
    return parsePodmanList(JSON.parse(text));
  }

  async *events({ since, signal }: { readonly since?: Date; readonly signal: AbortSignal }): AsyncGenerator<RuntimeEvent> {
    const seconds = since === undefined ? undefined : Math.floor(since.getTime() / 1000);
    const path = withQuery("/events", { stream: true, since: seconds, filters: JSON.stringify({ type: ["container"] }) });
    // Before 5.3 the headers may come with the first event only (podman#23712), so there is no deadline for them.
    for await (const value of jsonLines(this.#calls.stream(path, { asked: { what: "read events" }, signal }))) {
      const event = parsePodmanEvent(value);
      if (event !== undefined && (since === undefined || event.at >= since)) yield event;
    }
    if (!signal.aborted) throw runtimeUnavailable("the stream of events ended");
  }

  logs(name: string, { follow, tail, since, timestamps = false, signal }: LogOptions): AsyncIterable<LogChunk> {
    const query = { follow, stdout: true, stderr: true, timestamps, tail: tail ?? "all", since: since?.toISOString() };
    return this.#calls.log(withQuery(`${containerPath(name)}/logs`, query), name, { follow, signal });
  }

  exec(name: string, options: ExecOptions): Promise<ExecSession> {
    containerPath(name);
    return openExec(this.#calls.client, BASE, name, options);
  }

  /** One by one: asked for several, podman answers with zeros, and one that is gone spoils the answer for all. */
  async stats(names: readonly string[], signal?: AbortSignal): Promise<readonly ContainerStats[]> {
    const replies = names.map(async (name) => {
      containerPath(name);
      const path = withQuery("/containers/stats", { stream: false, containers: name });
      const { status, text } = await this.#calls.ask("GET", path, { asked: { what: `measure ${name}` }, signal });
      return status === 200 ? parseStats(JSON.parse(text)) : [];
    });
    return (await Promise.all(replies)).flat();
  }

  async diff(name: string, signal?: AbortSignal): Promise<readonly PathChange[]> {
    const info = await this.inspect(name, signal);
    // podman says of one that is gone that it does not know the layer.
    if (info === undefined) throw containerNotFound(name);
    const asked = { what: `compare ${name} with its image`, container: name };
    const { text } = await this.#calls.send("GET", `${containerPath(name)}/changes`, { ok: [200], asked, signal });
    return writtenPaths(parseChanges(JSON.parse(text)), info.spec);
  }

  async close(): Promise<void> {
    this.#calls.close();
  }
}
