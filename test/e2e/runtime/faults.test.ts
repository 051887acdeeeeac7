import { afterAll, expect } from "bun:test";
import { containerSpec } from "../../../src/runtime/fake/container-spec.fixture.ts";
import { LibpodRuntime } from "../../../src/runtime/libpod/libpod-runtime.ts";
import type { ContainerSpec } from "../../../src/runtime/runtime.ts";
import { openPodmanApi } from "../../support/podman/podman-api.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { waitUntil } from "../support/wait-until.ts";

const api = openPodmanApi();
const scratch = podmanScratch();
let opened: LibpodRuntime | undefined;
afterAll(() => opened?.close());

async function setup() {
  opened ??= new LibpodRuntime(await api.socket());
  const runtime = opened;
  const image = await scratch.serverImage();
  const start = async (name: string, change: Partial<ContainerSpec> = {}) => {
    await runtime.create(containerSpec({ name, image, ...change }));
    await runtime.start(name);
  };
  return { runtime, image, start };
}

requiresPodman("a container that takes more memory than it may is killed, and its limit is what inspect says", async () => {
  const { runtime, start } = await setup();
  const name = `${scratch.prefix}-eats`;
  await start(name, { cmd: ["eat"], memoryBytes: 96 << 20 });
  await waitUntil("it is killed", async () => (await runtime.inspect(name))?.state === "exited", 30_000);
  // With cgroup 1 podman 4.3.1 misses that it was for memory; what it says is passed on.
  const told = await podman("inspect", "--format", "{{.State.OOMKilled}}", name);
  expect(await runtime.inspect(name)).toMatchObject({ exitCode: 137, oomKilled: told === "true", spec: { memoryBytes: 96 << 20 } });
});

requiresPodman("a port that a program holds which is no container is told", async () => {
  const { runtime, start } = await setup();
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  try {
    const ports = [{ hostAddress: "127.0.0.1", hostPort: listener.port, containerPort: 8080, protocol: "tcp" }] as const;
    const name = `${scratch.prefix}-port`;
    await expect(start(name, { network: "bridge", ports })).rejects.toMatchObject({ code: "conflict", reason: "PORT_TAKEN" });
    expect(await runtime.inspect(name)).toMatchObject({ startedAt: undefined });
  } finally {
    listener.stop(true);
  }
});

requiresPodman("what was made by hand with more rights than a spec can give is seen", async () => {
  const { runtime, image } = await setup();
  const name = `${scratch.prefix}-loose`;
  await podman(
    "create",
    "--name",
    name,
    "--privileged",
    "--network=host",
    "--pid=host",
    "--restart=always",
    "--env=A=b",
    image,
    "sleep",
    "1",
  );
  const info = await runtime.inspect(name);
  expect(info).toMatchObject({ restartPolicy: "always", spec: { cmd: ["sleep", "1"], entrypoint: ["/server"], env: { A: "b" } } });
  expect(info?.loosened).toEqual(expect.arrayContaining(["privileged", "host network", "host pid"]));
});

requiresPodman("a command in a terminal says that it has one", async () => {
  const { runtime, start } = await setup();
  const name = `${scratch.prefix}-tty`;
  await start(name);
  const { signal } = new AbortController();
  const session = await runtime.exec(name, { command: ["/server", "tty"], tty: true, stdin: false, signal });
  const said = await Array.fromAsync(session.output, ({ data }) => Buffer.from(data).toString());
  expect(said.join("")).toContain("a terminal");
  expect(await session.exitCode).toBe(0);
});

requiresPodman("a command ends with its signal", async () => {
  const { runtime, start } = await setup();
  const name = `${scratch.prefix}-long`;
  await start(name);
  const abort = new AbortController();
  const session = await runtime.exec(name, { command: ["/server", "sleep", "600000"], tty: false, stdin: false, signal: abort.signal });
  const reading = Array.fromAsync(session.output);
  abort.abort();
  await expect(reading).rejects.toMatchObject({ code: "canceled" });
  await expect(session.exitCode).rejects.toMatchObject({ code: "canceled" });
});

requiresPodman("a monitor that was killed is told by its id, and its container can be removed", async () => {
  const { runtime, start } = await setup();
  const name = `${scratch.prefix}-orphan`;
  await start(name);
  const monitor = (await runtime.inspect(name))?.monitorPid ?? 0;
  expect(monitor).toBeGreaterThan(0);
  process.kill(monitor, "SIGKILL");
  expect(await runtime.inspect(name)).toMatchObject({ state: "running", monitorPid: monitor });
  await runtime.remove(name);
  expect(await runtime.inspect(name)).toBeUndefined();
});
