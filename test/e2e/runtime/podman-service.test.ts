import { expect } from "bun:test";
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerSpec } from "../../../src/runtime/fake/container-spec.fixture.ts";
import { type OpenedRuntime, openRuntime } from "../../../src/runtime/open-runtime.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { requiresPodman } from "../../support/podman/run-podman.ts";
import { waitUntil } from "../support/wait-until.ts";

const scratch = podmanScratch();

async function withRuntime(run: (opened: OpenedRuntime, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-agent-"));
  const opened = await open(folder);
  try {
    await run(opened, folder);
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function open(folder: string): Promise<OpenedRuntime> {
  const found = { podman: Bun.which("podman") ?? undefined, dockerSocket: undefined };
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/root" };
  return openRuntime({ driver: "auto", found, folder, env, kill: (pid, signal) => process.kill(pid, signal) });
}

const pidOf = async (folder: string) => Number(await readFile(join(folder, "podman", "podman.pid"), "utf8"));
const isAlive = (pid: number) =>
  stat(`/proc/${pid}`).then(
    () => true,
    () => false,
  );

requiresPodman("a service of our own serves a socket that nobody else may open, and ends with us", () =>
  withRuntime(async ({ runtime, why, close }, folder) => {
    expect(why).toContain("its service is our own");
    expect(await runtime.version()).toMatchObject({ name: "podman" });
    const modes = await Promise.all(["podman", "podman/podman.sock"].map((path) => stat(join(folder, path))));
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600]);
    const pid = await pidOf(folder);
    await close();
    expect(await isAlive(pid)).toBe(false);
    await expect(runtime.list()).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
  }),
);

requiresPodman("a service that is killed comes back by itself, and containers do not notice", () =>
  withRuntime(async ({ runtime }, folder) => {
    const name = `${scratch.prefix}-stays`;
    await runtime.create(containerSpec({ name, image: await scratch.serverImage() }));
    await runtime.start(name);
    const before = await runtime.inspect(name);
    const events = Array.fromAsync(runtime.events({ signal: new AbortController().signal }));
    const first = await pidOf(folder);
    process.kill(first, "SIGKILL");
    await expect(events).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
    expect(await runtime.inspect(name)).toMatchObject({ id: before?.id ?? "", pid: before?.pid ?? 0, state: "running" });
    expect(await pidOf(folder)).not.toBe(first);
    await runtime.remove(name);
  }),
);

requiresPodman("a service that an agent has left behind is ended by the next one", () =>
  withRuntime(async (_, folder) => {
    const left = await pidOf(folder);
    const next = await open(folder);
    try {
      expect(await pidOf(folder)).not.toBe(left);
      expect(await isAlive(left)).toBe(false);
      expect(await next.runtime.version()).toMatchObject({ name: "podman" });
    } finally {
      await next.close();
    }
  }),
);

requiresPodman("changes are carried out once each where the service is killed just before each of them", () =>
  withRuntime(async ({ runtime, service }, folder) => {
    const image = await scratch.serverImage();
    const killed = new Set<number>();
    const kill = async () => {
      await waitUntil("the service is up", () => service?.state === "up");
      const pid = await pidOf(folder);
      killed.add(pid);
      process.kill(pid, "SIGKILL");
    };
    for (let n = 0; n < 3; n += 1) {
      const name = `${scratch.prefix}-chaos-${n}`;
      await kill();
      const id = await runtime.create(containerSpec({ name: `${name}.next`, image }));
      await kill();
      await runtime.start(`${name}.next`);
      await kill();
      await runtime.rename(`${name}.next`, name);
      expect(await runtime.inspect(name)).toMatchObject({ id, state: "running" });
      await kill();
      await runtime.stop(name, 0);
      expect(await runtime.inspect(name)).toMatchObject({ state: "exited" });
    }
    expect(killed.size).toBeGreaterThan(3);
    const names = (await runtime.list()).map((each) => each.name).filter((each) => each.startsWith(`${scratch.prefix}-chaos`));
    expect(names).toHaveLength(3);
  }),
);

requiresPodman("a podman that cannot be started leaves a runtime that says so, and one that comes later is found", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-agent-"));
  const program = join(folder, "podman-later");
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/root" };
  const kill = (pid: number, signal: "SIGTERM" | "SIGKILL") => process.kill(pid, signal);
  const opening = openRuntime({ driver: "libpod", found: { podman: program, dockerSocket: undefined }, folder, env, kill });
  await Bun.write(program, `#!/bin/sh\nexec ${Bun.which("podman")} "$@"\n`);
  await chmod(program, 0o755);
  const opened = await opening;
  try {
    await waitUntil("it is up", () => opened.service?.state === "up");
    expect(await opened.runtime.version()).toMatchObject({ name: "podman" });
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
});
