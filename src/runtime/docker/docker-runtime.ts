import { errorOfRefusal } from "../engine-error.ts";
import { EngineCalls } from "../engine-http/engine-calls.ts";
import { containerPath, imagePath, isContainerName, isReference, repositoryAndTag } from "../engine-http/engine-paths.ts";
import { DEADLINES, withQuery } from "../engine-http/engine-request.ts";
import { openExec } from "../engine-http/exec-session.ts";
import { jsonLines } from "../engine-http/json-lines.ts";
import { pullRefused, readPull } from "../engine-http/read-pull.ts";
import { refusalOf } from "../engine-http/refusal-of.ts";
import { withDeadline } from "../engine-http/with-deadline.ts";
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
import { containerNotFound, pullFailed, runtimeUnavailable, specRefused } from "../runtime-errors.ts";
import { parseChanges, writtenPaths } from "../written-paths.ts";
import { createBodyOf } from "./create-body.ts";
import { parseDockerContainer, parseDockerEvent, parseDockerImage, parseDockerList, parseDockerStats } from "./parse-docker.ts";

/** Docker 20.10 and everything later answers to it, and podman imitates it. */
const BASE = "/v1.41";

/** Docker over its socket. Without a way to leave out volumes that an image declares, and without a `userns` of a container's own. */
export class DockerRuntime implements Runtime {
  readonly driver = "docker";
  readonly #calls: EngineCalls;

  constructor(socketPath: string) {
    this.#calls = new EngineCalls(socketPath, BASE);
  }

  async version(signal?: AbortSignal): Promise<RuntimeVersion> {
    const options = { ok: [200], asked: { what: "say its version" }, signal };
    // podman takes most of a second for its whole version.
    const podman = (await this.#calls.send("GET", "/_ping", options)).headers["libpod-api-version"];
    if (podman !== undefined) return { name: "podman", version: podman };
    const { text } = await this.#calls.send("GET", "/version", options);
    return { name: "docker", version: (JSON.parse(text) as { readonly Version: string }).Version };
  }

  async pull(image: string, { onProgress, signal }: PullOptions = {}): Promise<void> {
    if (!isReference(image)) throw pullFailed(image, "that is no reference of an image");
    const { repo, tag } = repositoryAndTag(image);
    const query = image.includes("@") ? { fromImage: image } : { fromImage: repo, tag };
    const path = `${BASE}${withQuery("/images/create", query)}`;
    await withDeadline({ what: `pull ${image}`, timeoutMs: DEADLINES.pullMs, signal }, async (within) => {
      const request = { method: "POST", path, what: `pull ${image}`, timeoutMs: DEADLINES.pullMs, signal: within } as const;
      const { status, chunks } = await this.#calls.client.open(request);
      if (status !== 200) throw pullRefused(image, refusalOf(Buffer.concat(await Array.fromAsync(chunks)).toString()).message);
      // Its last line has no mark of its own; whether the image is there is asked below.
      await readPull(image, chunks, { onProgress, isLast: () => true });
      if ((await this.image(image, within)) === undefined) throw pullFailed(image, "it is not there afterwards");
    });
  }

  async image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    if (!isReference(reference)) return undefined;
    const asked = { what: `inspect the image ${reference}`, image: reference };
    const { status, text } = await this.#calls.send("GET", `${imagePath(reference)}/json`, { ok: [200, 404], asked, signal });
    return status === 404 ? undefined : parseDockerImage(JSON.parse(text));
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
    await this.#requirePossible(spec, signal);
    const asked = { what: `create ${spec.name}`, container: spec.name, image: spec.image };
    const path = withQuery("/containers/create", { name: spec.name });
    const { text } = await this.#calls.send("POST", path, { ok: [201], asked, signal, body: createBodyOf(spec) });
    return (JSON.parse(text) as { readonly Id: string }).Id;
  }

  async start(name: string, signal?: AbortSignal): Promise<void> {
    const asked = { what: `start ${name}`, container: name };
    await this.#calls.send("POST", `${containerPath(name)}/start`, { ok: [204, 304], asked, signal });
  }

  async stop(name: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const path = withQuery(`${containerPath(name)}/stop`, { t: Math.ceil(timeoutMs / 1000) });
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
    const path = withQuery(containerPath(name), { force: true, v: volumes });
    await this.#calls.send("DELETE", path, { ok: [200, 204, 404], asked: { what: `remove ${name}`, container: name }, signal });
  }

  async rename(name: string, to: string, signal?: AbortSignal): Promise<void> {
    const path = withQuery(`${containerPath(name)}/rename`, { name: to });
    const asked = { what: `rename ${name} to ${to}`, container: name };
    const reply = await this.#calls.ask("POST", path, { asked, signal });
    if (reply.status === 204) return;
    const refusal = refusalOf(reply.text);
    // The name in question is the new one.
    throw errorOfRefusal(/in use|already exists/.test(refusal.message) ? { ...asked, container: to } : asked, refusal);
  }

  async inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    if (!isContainerName(name)) return undefined;
    const asked = { what: `inspect ${name}`, container: name };
    const { status, text } = await this.#calls.send("GET", `${containerPath(name)}/json`, { ok: [200, 404], asked, signal });
    if (status === 404) return undefined;
    const container = parseDockerContainer(JSON.parse(text));
    const image = await this.image(container.imageId, signal);
    return { ...container, imageDigest: image?.digest ?? "" };
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
    return parseDockerList(JSON.parse(text));
  }

  async *events({ since, signal }: { readonly since?: Date; readonly signal: AbortSignal }): AsyncGenerator<RuntimeEvent> {
    const seconds = since === undefined ? undefined : Math.floor(since.getTime() / 1000);
    const path = withQuery("/events", { since: seconds, filters: JSON.stringify({ type: ["container"] }) });
    for await (const value of jsonLines(this.#calls.stream(path, { asked: { what: "read events" }, signal }))) {
      const event = parseDockerEvent(value);
      if (event !== undefined && (since === undefined || event.at >= since)) yield event;
    }
    if (!signal.aborted) throw runtimeUnavailable("the stream of events ended");
  }

  logs(name: string, { follow, tail, since, timestamps = false, signal }: LogOptions): AsyncIterable<LogChunk> {
    const seconds = since === undefined ? undefined : since.getTime() / 1000;
    const query = { follow, stdout: true, stderr: true, timestamps, tail: tail ?? "all", since: seconds };
    return this.#calls.log(withQuery(`${containerPath(name)}/logs`, query), name, { follow, signal });
  }

  async exec(name: string, options: ExecOptions): Promise<ExecSession> {
    containerPath(name);
    return openExec(this.#calls.client, BASE, name, options);
  }

  async stats(names: readonly string[], signal?: AbortSignal): Promise<readonly ContainerStats[]> {
    const all = names.map(async (name) => {
      const path = withQuery(`${containerPath(name)}/stats`, { stream: false });
      const { status, text } = await this.#calls.ask("GET", path, { asked: { what: `measure ${name}` }, signal });
      // podman's imitation answers 200 and nothing for one that does not run.
      return status === 200 && text.trim() !== "" ? parseDockerStats(name, JSON.parse(text)) : [];
    });
    return (await Promise.all(all)).flat();
  }

  async diff(name: string, signal?: AbortSignal): Promise<readonly PathChange[]> {
    const info = await this.inspect(name, signal);
    if (info === undefined) throw containerNotFound(name);
    const asked = { what: `compare ${name} with its image`, container: name };
    const { text } = await this.#calls.send("GET", `${containerPath(name)}/changes`, { ok: [200], asked, signal });
    return writtenPaths(parseChanges(JSON.parse(text)), info.spec);
  }

  async close(): Promise<void> {
    this.#calls.close();
  }

  async #requirePossible(spec: ContainerSpec, signal: AbortSignal | undefined): Promise<void> {
    if (spec.userns !== undefined) throw specRefused("Docker gives a container no user namespace of its own; leave userns out here");
    if (spec.imageVolumes === "anonymous") return;
    const covered = new Set([...spec.mounts, ...spec.tmpfs].map(({ target }) => target));
    const volume = (await this.image(spec.image, signal))?.volumes.find((target) => !covered.has(target));
    if (volume !== undefined) throw specRefused(`Docker makes the volume ${volume} that its image declares; mount something there`);
  }
}
