import { expect } from "bun:test";
import { containerSpec } from "./fake/container-spec.fixture.ts";
import type { ContainerInfo, ContainerSpec, LogChunk, Runtime, RuntimeEvent } from "./runtime.ts";

/** An engine, and an image in it whose program behaves as `test/support/podman/image-server.ts` does. */
export interface ContractWorld {
  readonly runtime: Runtime;
  readonly image: string;
  /** Names that nobody else has begin with it. */
  readonly prefix: string;
  /** How it shows what it was made with, where it cannot show it as it was asked for. */
  readonly shows?: Partial<ContainerSpec>;
}

type Declare = (title: string, body: () => Promise<void>, timeoutMs?: number) => void;
type Run = (world: ContractWorld, name: string) => Promise<void>;

const LIMIT_MS = 30_000;
let count = 0;

/** What every driver does alike. `open` is called once for each test. */
export function runtimeContract(driver: string, declare: Declare, open: () => Promise<ContractWorld>): void {
  const itHolds = (title: string, run: Run) =>
    declare(
      `${driver}: ${title}`,
      async () => {
        const world = await open();
        count += 1;
        const name = `${world.prefix}-${driver}-${count}`;
        try {
          await run(world, name);
        } finally {
          for (const each of await world.runtime.list())
            if (each.name.startsWith(name)) await world.runtime.remove(each.name, { volumes: true });
        }
      },
      60_000,
    );
  lifeContract(itHolds);
  specContract(itHolds);
  refusalContract(itHolds);
  streamContract(itHolds);
  imageContract(itHolds);
}

function lifeContract(itHolds: (title: string, run: Run) => void): void {
  itHolds("a container is created, runs and is stopped, and each is said of it", async (world, name) => {
    const { runtime } = world;
    const id = await runtime.create(specFor(world, name));
    const created = await get(runtime, name);
    expect(created).toMatchObject({ id, name, state: "created", pid: 0, exitCode: undefined, startedAt: undefined, oomKilled: false });
    await runtime.start(name);
    const running = await get(runtime, name);
    expect(running).toMatchObject({ id, state: "running", exitCode: undefined, finishedAt: undefined });
    expect(running.pid).toBeGreaterThan(0);
    expect(running.startedAt?.getTime()).toBeGreaterThanOrEqual(created.createdAt.getTime());
    await runtime.start(name);
    expect((await get(runtime, name)).pid).toBe(running.pid);
    await untilPrinted(world, name);
    await runtime.stop(name, 10_000);
    const stopped = await get(runtime, name);
    expect(stopped).toMatchObject({ id, state: "exited", pid: 0, exitCode: 0, addresses: [] });
    expect(stopped.finishedAt).toBeInstanceOf(Date);
    await runtime.stop(name, 1000);
    await runtime.start(name);
    expect(await get(runtime, name)).toMatchObject({ id, state: "running" });
  });

  itHolds("what ends by itself, with what code, and what was killed are told apart", async (world, name) => {
    const { runtime } = world;
    for (const code of [0, 1, 7]) {
      await runtime.create(specFor(world, `${name}-${code}`, { cmd: ["exit", String(code)] }));
      await runtime.start(`${name}-${code}`);
      expect(await untilExited(runtime, `${name}-${code}`)).toMatchObject({ state: "exited", exitCode: code, oomKilled: false });
    }
    await runtime.create(specFor(world, name));
    await runtime.start(name);
    await runtime.kill(name, "SIGKILL");
    expect(await untilExited(runtime, name)).toMatchObject({ exitCode: 137, oomKilled: false });
  });

  itHolds("one that does not mind SIGTERM is killed when its time is over", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name, { env: { SERVER_IGNORES_TERM: "1" } }));
    await runtime.start(name);
    await untilPrinted(world, name);
    await runtime.stop(name, 1000);
    expect(await get(runtime, name)).toMatchObject({ state: "exited", exitCode: 137 });
  });

  itHolds("one that is removed is gone, running or not, and may be removed again", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name));
    await runtime.start(name);
    await runtime.remove(name);
    expect(await runtime.inspect(name)).toBeUndefined();
    await runtime.remove(name);
    await runtime.create(specFor(world, name));
    await runtime.remove(name, { volumes: true });
    expect((await runtime.list()).map((each) => each.name)).not.toContain(name);
  });

  itHolds("a running container is renamed and stays the same", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name));
    await runtime.start(name);
    const before = await get(runtime, name);
    await runtime.rename(name, `${name}.prev`);
    expect(await runtime.inspect(name)).toBeUndefined();
    expect(await get(runtime, `${name}.prev`)).toMatchObject({ id: before.id, pid: before.pid, state: "running" });
    expect(await get(runtime, before.id)).toMatchObject({ name: `${name}.prev` });
  });

  itHolds("the list holds all of them, or those with every one of some labels", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, `${name}-a`, { labels: { "test.a": name, "test.b": "1" } }));
    await runtime.create(specFor(world, `${name}-b`, { labels: { "test.a": name, "test.b": "2" } }));
    await runtime.start(`${name}-b`);
    const named = async (labels?: Readonly<Record<string, string>>) =>
      (await runtime.list(labels === undefined ? {} : { labels }))
        .filter((each) => each.name.startsWith(name))
        .map((each) => [each.name, each.state])
        .sort();
    expect(await named()).toEqual([
      [`${name}-a`, "created"],
      [`${name}-b`, "running"],
    ]);
    expect(await named({ "test.a": name, "test.b": "2" })).toEqual([[`${name}-b`, "running"]]);
    const [first] = await runtime.list({ labels: { "test.a": name, "test.b": "1" } });
    expect(first).toMatchObject({ image: world.image, labels: { "test.a": name } });
    expect(first?.createdAt).toBeInstanceOf(Date);
  });
}

function specContract(itHolds: (title: string, run: Run) => void): void {
  itHolds("inspect tells what it was made with", async (world, name) => {
    const { runtime } = world;
    const spec = specFor(world, name, {
      network: "bridge",
      user: "10001:10001",
      ports: [{ hostAddress: "127.0.0.1", hostPort: 0, containerPort: 8080, protocol: "tcp" }],
      mounts: [
        { kind: "bind", source: "/usr", target: "/bound", readOnly: true },
        { kind: "volume", source: `${name}-data`, target: "/data", readOnly: false },
      ],
      tmpfs: [{ target: "/tmp", options: ["size=16m", "mode=1777"] }],
      entrypoint: ["/server"],
      cmd: ["sleep", "60000"],
      env: { ONE: "1", TWO: "a=b c\"d'e" },
      labels: { "test.label": "x,y=z" },
      memoryBytes: 256 << 20,
      cpuMillis: 500,
      pids: 64,
      readOnly: true,
      capDrop: ["ALL"],
      capAdd: ["NET_BIND_SERVICE"],
      noNewPrivileges: true,
      stopTimeoutMs: 3000,
    });
    await runtime.create(spec);
    await runtime.start(name);
    const info = await get(runtime, name);
    const [port] = info.spec.ports;
    expect(port?.hostPort).toBeGreaterThan(0);
    expect(info).toMatchObject({ image: world.image, restartPolicy: "no", loosened: [] });
    const { ports: _, env, labels, ...rest } = spec;
    expect(info.spec).toMatchObject({ ...rest, ...world.shows });
    expect(info.spec.env).toMatchObject(env);
    expect(info.spec.labels).toMatchObject(labels);
    expect(info.spec.ports).toEqual([{ hostAddress: "127.0.0.1", hostPort: port?.hostPort ?? 0, containerPort: 8080, protocol: "tcp" }]);
    expect(info.addresses[0]).toMatch(/^[0-9a-f.:]+$/);
    expect(info.imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(info.imageId).toMatch(/^[0-9a-f]{64}$/);
  });

  itHolds("one without a network has no address", async (world, name) => {
    await world.runtime.create(specFor(world, name, { network: "none" }));
    await world.runtime.start(name);
    expect(await get(world.runtime, name)).toMatchObject({ addresses: [], spec: { network: "none" } });
  });

  itHolds("a variable has its value to the letter", async (world, name) => {
    const values = { A: " spaces ", B: "two\nlines", C: "#no comment", D: `"quoted" 'and' $HOME \\n`, PATH: "/x:/y", E: "" };
    await world.runtime.create(specFor(world, name, { env: values }));
    await world.runtime.start(name);
    for (const [variable, value] of Object.entries(values)) {
      expect((await runIn(world.runtime, name, ["/server", "env", variable])).stdout).toBe(`${value}\n`);
    }
  });
}

function refusalContract(itHolds: (title: string, run: Run) => void): void {
  itHolds("a name that is taken, an image that is not here and a container that is not there are told apart", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name));
    await expect(runtime.create(specFor(world, name))).rejects.toMatchObject({ code: "conflict", reason: "CONTAINER_NAME_TAKEN" });
    await runtime.create(specFor(world, `${name}-b`));
    await expect(runtime.rename(`${name}-b`, name)).rejects.toMatchObject({
      reason: "CONTAINER_NAME_TAKEN",
      message: expect.stringContaining(name),
    });
    const noImage = specFor(world, `${name}-c`, { image: `localhost/${world.prefix}/nothing:1` });
    await expect(runtime.create(noImage)).rejects.toMatchObject({ code: "not_found", reason: "IMAGE_NOT_FOUND" });
    const gone = `${name}-gone`;
    expect(await runtime.inspect(gone)).toBeUndefined();
    const { signal } = new AbortController();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => runtime.start(gone),
      () => runtime.stop(gone, 1000),
      () => runtime.kill(gone, "SIGTERM"),
      () => runtime.rename(gone, `${gone}-2`),
      () =>
        runtime
          .exec(gone, { command: ["/server"], tty: false, stdin: false, signal })
          .then(({ exitCode, output }) => drain(output).then(() => exitCode)),
      async () => drain(runtime.logs(gone, { follow: false, signal })),
      () => runtime.diff(gone),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "not_found", reason: "CONTAINER_NOT_FOUND" });
  });

  itHolds("what takes a running container says so of one that does not run", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name));
    const { signal } = new AbortController();
    await expect(runtime.kill(name, "SIGTERM")).rejects.toMatchObject({ code: "precondition", reason: "CONTAINER_STATE_WRONG" });
    const run = runIn(runtime, name, ["/server", "print", "x"], { signal });
    await expect(run).rejects.toMatchObject({ reason: "CONTAINER_STATE_WRONG" });
    expect(await runtime.stats([name, `${name}-gone`])).toEqual([]);
  });

  itHolds("a host port that is in use is told, and the container stays as it was created", async (world, name) => {
    const { runtime } = world;
    const ports = (hostPort: number) => [{ hostAddress: "127.0.0.1", hostPort, containerPort: 8080, protocol: "tcp" }] as const;
    await runtime.create(specFor(world, `${name}-a`, { network: "bridge", ports: ports(0) }));
    await runtime.start(`${name}-a`);
    const [port] = (await get(runtime, `${name}-a`)).spec.ports;
    await runtime.create(specFor(world, `${name}-b`, { network: "bridge", ports: ports(port?.hostPort ?? 0) }));
    await expect(runtime.start(`${name}-b`)).rejects.toMatchObject({ code: "conflict", reason: "PORT_TAKEN" });
    expect(await get(runtime, `${name}-b`)).toMatchObject({ startedAt: undefined, pid: 0 });
    expect(await get(runtime, `${name}-a`)).toMatchObject({ state: "running" });
  });

  itHolds("a spec that loosens what none may loosen is refused before the engine hears of it", async (world, name) => {
    for (const loose of [{ network: "host" }, { userns: "host" }, { securityOpt: ["unmask=ALL"] }, { capAdd: ["ALL"] }]) {
      await expect(world.runtime.create(specFor(world, name, loose))).rejects.toMatchObject({ reason: "CONTAINER_SPEC_REFUSED" });
    }
    expect(await world.runtime.inspect(name)).toBeUndefined();
  });

  itHolds("a call whose signal is aborted does nothing", async (world, name) => {
    const signal = AbortSignal.abort();
    await expect(world.runtime.create(specFor(world, name), signal)).rejects.toMatchObject({ code: "canceled" });
    await expect(world.runtime.list({ signal })).rejects.toMatchObject({ code: "canceled" });
    expect(await world.runtime.inspect(name)).toBeUndefined();
  });
}

function streamContract(itHolds: (title: string, run: Run) => void): void {
  itHolds("what happens to a container is told, now and afterwards", async (world, name) => {
    const { runtime } = world;
    const since = new Date(Date.now() - 2000);
    const abort = new AbortController();
    const now = readEvents(runtime, name, { signal: abort.signal }, "remove");
    // Its stream is open when it hears of a first container; until then one after another is made and removed.
    await untilHeard(world, name, now.seen);
    await runtime.create(specFor(world, name, { cmd: ["exit", "3"], labels: { "test.told": "yes" } }));
    await runtime.start(name);
    await untilExited(runtime, name);
    await runtime.remove(name);
    await now.over;
    const mine = (events: readonly RuntimeEvent[]) =>
      events.filter((each) => each.containerName === name && ["create", "start", "died", "remove"].includes(each.action));
    expect(mine(now.seen).map(({ action }) => action)).toEqual(["create", "start", "died", "remove"]);
    expect(mine(now.seen)[2]).toMatchObject({ exitCode: 3, labels: { "test.told": "yes" } });
    abort.abort();
    const later = new AbortController();
    const replayed = readEvents(runtime, name, { since, signal: later.signal }, "remove");
    await replayed.over;
    later.abort();
    expect(mine(replayed.seen).map(({ action }) => action)).toEqual(["create", "start", "died", "remove"]);
  });

  itHolds("its log holds both streams, the last lines and what comes, and ends with it", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name));
    await runtime.start(name);
    await untilPrinted(world, name);
    const { signal } = new AbortController();
    const following = readAll(runtime.logs(name, { follow: true, signal }));
    await runtime.stop(name, 5000);
    expect((await following).stdout).toContain("listens on 8080");
    await runtime.create(specFor(world, `${name}-b`, { env: { SERVER_MODE: "exit:4" } }));
    await runtime.start(`${name}-b`);
    await untilExited(runtime, `${name}-b`);
    expect(await readAll(runtime.logs(`${name}-b`, { follow: false, signal }))).toEqual({ stdout: "", stderr: "ends with 4\n" });
    expect(await readAll(runtime.logs(name, { follow: false, tail: 1, signal }))).toMatchObject({ stderr: "" });
    const stamped = await readAll(runtime.logs(`${name}-b`, { follow: false, timestamps: true, signal }));
    expect(stamped.stderr).toMatch(/^\d{4}-\d\d-\d\dT\S+ ends with 4\n$/);
  });

  itHolds("following a log ends with its signal", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name));
    await runtime.start(name);
    const abort = new AbortController();
    for await (const _ of runtime.logs(name, { follow: true, signal: abort.signal })) abort.abort();
    expect(abort.signal.aborted).toBe(true);
  });

  itHolds("a command in it has its input, its output and its exit code", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name));
    await runtime.start(name);
    await untilPrinted(world, name);
    expect(await runIn(runtime, name, ["/server", "print", "a  b", "c"])).toEqual({ stdout: "a  b c\n", stderr: "", exitCode: 0 });
    expect(await runIn(runtime, name, ["/server", "complain", "bad"])).toEqual({ stdout: "", stderr: "bad\n", exitCode: 0 });
    expect(await runIn(runtime, name, ["/server", "exit", "3"])).toMatchObject({ exitCode: 3 });
    const input = Buffer.alloc(100_000, "0123456789");
    expect(await runIn(runtime, name, ["/server", "cat"], { input })).toEqual({ stdout: input.toString(), stderr: "", exitCode: 0 });
  });

  itHolds("what a container has written is listed, its mounts are not, and it is measured while it runs", async (world, name) => {
    const { runtime } = world;
    await runtime.create(specFor(world, name, { tmpfs: [{ target: "/scratch", options: [] }], memoryBytes: 256 << 20 }));
    await runtime.start(name);
    await untilPrinted(world, name);
    expect(await runtime.diff(name)).toEqual([]);
    await runIn(runtime, name, ["/server", "write", "/written", "x"]);
    await runIn(runtime, name, ["/server", "write", "/scratch/free", "x"]);
    expect(await runtime.diff(name)).toEqual([{ kind: "added", path: "/written" }]);
    const [stats] = await runtime.stats([name]);
    expect(stats).toMatchObject({ name, memoryLimitBytes: 256 << 20 });
    expect(stats?.memoryBytes).toBeGreaterThan(0);
    expect(stats?.pids).toBeGreaterThan(0);
  });
}

function imageContract(itHolds: (title: string, run: Run) => void): void {
  itHolds("an image is described, tagged and untagged", async ({ runtime, image, prefix }) => {
    const found = await runtime.image(image);
    expect(found).toMatchObject({ entrypoint: ["/server"], cmd: [], exposedPorts: [8080], user: "" });
    expect(found?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(found?.size).toBeGreaterThan(0);
    count += 1;
    const other = `localhost/${prefix}/tagged:${count}`;
    await runtime.tagImage(found?.id ?? "", other);
    expect((await runtime.image(other))?.id).toBe(found?.id ?? "");
    await runtime.removeImage(other);
    expect(await runtime.image(other)).toBeUndefined();
    expect((await runtime.image(image))?.id).toBe(found?.id ?? "");
    await expect(runtime.removeImage(other)).rejects.toMatchObject({ reason: "IMAGE_NOT_FOUND" });
    await expect(runtime.tagImage(other, image)).rejects.toMatchObject({ reason: "IMAGE_NOT_FOUND" });
  });

  itHolds("a container is made from an image's id too", async (world, name) => {
    const found = await world.runtime.image(world.image);
    await world.runtime.create(specFor(world, name, { image: found?.id ?? "" }));
    expect(await get(world.runtime, name)).toMatchObject({ imageId: found?.id ?? "", imageDigest: found?.digest ?? "" });
    await expect(world.runtime.removeImage(found?.id ?? "")).rejects.toMatchObject({ reason: "CONTAINER_STATE_WRONG" });
  });

  itHolds("a pull that fails says so", async ({ runtime, prefix }) => {
    await expect(runtime.pull(`127.0.0.1:1/${prefix}/nothing:1`)).rejects.toMatchObject({ code: "unavailable", reason: "PULL_FAILED" });
  });

  itHolds("the engine says which it is", async ({ runtime }) => {
    expect(await runtime.version()).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/) });
  });
}

function specFor({ image }: ContractWorld, name: string, change: Partial<ContainerSpec> = {}): ContainerSpec {
  return containerSpec({ name, image, ...change });
}

async function get(runtime: Runtime, name: string): Promise<ContainerInfo> {
  const info = await runtime.inspect(name);
  if (info === undefined) throw new Error(`there is no ${name}`);
  return info;
}

/** Asks again until it is so; the tests have no other way to wait for what happens in an engine. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function untilExited(runtime: Runtime, name: string): Promise<ContainerInfo> {
  return until(`${name} ends`, async () => {
    const info = await get(runtime, name);
    return info.state === "exited" ? info : undefined;
  });
}

/** The program has started when it has written its line. */
async function untilPrinted({ runtime }: ContractWorld, name: string): Promise<void> {
  const { signal } = new AbortController();
  await until(`${name} prints`, async () =>
    (await readAll(runtime.logs(name, { follow: false, signal }))).stdout.includes("listens") ? true : undefined,
  );
}

async function untilHeard(world: ContractWorld, name: string, seen: readonly RuntimeEvent[]): Promise<void> {
  await until("the stream of events is open", async () => {
    await world.runtime.create(specFor(world, `${name}-first`));
    await world.runtime.remove(`${name}-first`);
    return seen.some(({ containerName }) => containerName === `${name}-first`) ? true : undefined;
  });
}

/** Reads until `last` has happened to the container of this name. */
function readEvents(
  runtime: Runtime,
  name: string,
  options: { readonly since?: Date; readonly signal: AbortSignal },
  last: string,
): { readonly seen: readonly RuntimeEvent[]; readonly over: Promise<void> } {
  const seen: RuntimeEvent[] = [];
  const read = async () => {
    for await (const event of runtime.events(options)) {
      seen.push(event);
      if (event.containerName === name && event.action === last) return;
    }
  };
  return { seen, over: read() };
}

async function readAll(chunks: AsyncIterable<LogChunk>): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  for await (const { stream, data } of chunks) parts[stream].push(Uint8Array.from(data));
  return { stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() };
}

async function drain(chunks: AsyncIterable<LogChunk>): Promise<void> {
  for await (const _ of chunks);
}

async function runIn(
  runtime: Runtime,
  name: string,
  command: readonly string[],
  { input, signal = new AbortController().signal }: { readonly input?: Uint8Array; readonly signal?: AbortSignal } = {},
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const session = await runtime.exec(name, { command, tty: false, stdin: input !== undefined, signal });
  const said = readAll(session.output);
  if (input !== undefined) {
    await session.write(input);
    await session.closeInput();
  }
  return { ...(await said), exitCode: await session.exitCode };
}
