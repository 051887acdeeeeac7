import { afterAll, expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { HealReason } from "../../../src/agent/monitor/decide-heal.ts";
import { Monitor } from "../../../src/agent/monitor/monitor.ts";
import { MONITOR_DEFAULTS } from "../../../src/agent/monitor/monitor-settings.ts";
import { linuxProcesses } from "../../../src/agent/monitor/process/linux-processes.ts";
import { systemTiming } from "../../../src/agent/monitor/timing.ts";
import { askHttp } from "../../../src/agent/probe/http/ask-http.ts";
import { askMcp } from "../../../src/agent/probe/http/ask-mcp.ts";
import { createProber } from "../../../src/agent/probe/layered-prober.ts";
import { dialTcp } from "../../../src/agent/probe/net/dial-tcp.ts";
import { componentFixture, registryFixture, serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import { containerSpec } from "../../../src/runtime/fake/container-spec.fixture.ts";
import { LibpodRuntime } from "../../../src/runtime/libpod/libpod-runtime.ts";
import type { ContainerSpec } from "../../../src/runtime/runtime.ts";
import type { Healthcheck } from "../../../src/service-definition/service-definition.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { requiresPodman, tryPodman } from "../../support/podman/run-podman.ts";

const scratch = podmanScratch();
const folder = await mkdtemp(join(tmpdir(), "mcp-monitor-"));
const socketPath = join(folder, "podman.sock");
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const MCP: Healthcheck = {
  probe: { kind: "mcp", path: "/mcp", port: 8080 },
  intervalMs: 500,
  timeoutMs: 3000,
  retries: 2,
  deadlineMs: 20_000,
};

const processes = linuxProcesses((pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
});

/** podman's API service of this file alone. */
async function startService(): Promise<Bun.Subprocess> {
  await rm(socketPath, { force: true });
  const child = Bun.spawn(["podman", "system", "service", "--time=0", `unix://${socketPath}`], {
    // The monitor of a container that was killed for memory leaves a file "oom" where podman was started.
    cwd: dirname(socketPath),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  await until("the API service listens", async () => existsSync(socketPath) && (await runtimeAnswers()));
  return child;
}

async function runtimeAnswers(): Promise<boolean> {
  const runtime = new LibpodRuntime(socketPath);
  try {
    await runtime.version();
    return true;
  } catch {
    return false;
  } finally {
    await runtime.close();
  }
}

async function endProcess(child: Bun.Subprocess): Promise<void> {
  child.kill("SIGKILL");
  await child.exited;
}

/** A monitor of its own for a service with one container, made and started as a deploy would. */
async function watch(
  name: string,
  change: Partial<ContainerSpec> = {},
  options: { readonly heals?: boolean; readonly check?: Healthcheck } = {},
) {
  const service = `${scratch.prefix}-${name}`;
  const runtime = new LibpodRuntime(socketPath);
  const registry = registryFixture();
  const component = componentFixture({ name: "api", image: await scratch.serverImage(), healthcheck: MCP });
  await registry.saveService(serviceFixture({ name: service, components: [component] }), new Date());
  const container = `${service}-api`;
  const labels = { "io.mcpctl.managed": "true", "io.mcpctl.service": service, "io.mcpctl.component": "api" };
  await runtime.create(containerSpec({ name: container, image: component.image, network: "bridge", labels, ...change }));
  await runtime.start(container);
  const heals: HealReason[] = [];
  const monitor = new Monitor({
    nodeName: "here",
    settings: { ...MONITOR_DEFAULTS, intervalMs: 3000 },
    runtime,
    registry,
    prober: createProber({ isProcessAlive: processes.isAlive, dial: dialTcp, askHttp, askMcp, runtime }),
    operations: {
      busy: () => false,
      drained: () => false,
      heal: async (_service, _component, reason) => {
        heals.push(reason);
        if (options.heals === true) await runtime.start(container);
      },
    },
    diffOf: async () => [],
    alertCommand: undefined,
    processes,
    timing: systemTiming,
    random: Math.random,
    log: { info: () => {}, warn: () => {} } as never,
  });
  closing.push(async () => {
    await monitor.stop();
    await runtime.close();
    await registry.close();
  });
  await monitor.start();
  const record = async () => {
    const found = await registry.component(service, "api");
    if (found === undefined) throw new Error("the component is gone");
    return found;
  };
  // Before it listens, a signal to the first process of a container is lost (pid_namespaces(7)).
  await until("it answers MCP", async () => (await record()).health === "healthy");
  const seen = (what: string, isSo: (component: Awaited<ReturnType<typeof record>>) => boolean) =>
    until(what, async () => isSo(await record()));
  return { container, runtime, registry, monitor, heals, record, seen };
}

requiresPodman(
  "real exits are told apart: code 0 by SIGTERM, a code of its own, a kill, and a kill for want of memory",
  async () => {
    const service = await startService();
    closing.push(() => endProcess(service));
    const [ended, crashed, killed, eaten] = await Promise.all([
      watch("ended"),
      watch("crashed"),
      watch("killed"),
      watch("eaten", { memoryBytes: 160 << 20 }),
    ]);
    await Promise.all([
      ended.runtime.kill(ended.container, "SIGTERM"),
      post(crashed, "/crash"),
      killed.runtime.kill(killed.container, "SIGKILL"),
      post(eaten, "/eat"),
    ]);
    const told: unknown[][] = [];
    for (const { seen, record } of [ended, crashed, killed, eaten]) {
      await seen("it has exited", ({ observed }) => observed === "exited");
      const { exitCode, oomKilled, reason } = await record();
      told.push([exitCode, oomKilled, reason]);
    }
    // Not every machine's conmon tells why the kernel killed; what podman says must arrive.
    const isTold = (await eaten.runtime.inspect(eaten.container))?.oomKilled === true;
    expect(told).toEqual([
      [0, false, "it exited with code 0"],
      [9, false, "it exited with code 9"],
      [137, false, "it was ended by signal 9 (exit code 137)"],
      isTold
        ? [137, true, "it was killed for want of memory (exit code 137)"]
        : [137, false, "it was ended by signal 9, maybe for its memory limit (exit code 137)"],
    ]);
    expect(ended.heals.length + crashed.heals.length).toBeGreaterThan(0);
  },
  120_000,
);

requiresPodman(
  "an API service that is killed leaves the state unknown; what happened meanwhile is seen when it is back, and put right",
  async () => {
    const first = await startIfAway();
    const web = await watch("cut", {}, { heals: true });
    await endProcess(first);
    await web.seen("it is unknown", ({ observed }) => observed === "unknown");
    expect(web.monitor.problems()).toHaveLength(1);
    const { pid } = await until("its process is known", async () => pidOf(web.container));
    process.kill(pid, "SIGKILL");
    closing.push(() => endProcess(second));
    const second = await startService();
    await until("it is put right", async () => web.heals.includes("exited"));
    await web.seen("it runs again", ({ observed }) => observed === "running");
    const events = await web.registry.events({ kind: "state" });
    expect(events.map(({ from, to }) => `${from}>${to}`)).toEqual(["running>exited", "exited>running"]);
  },
  120_000,
);

requiresPodman(
  "a conmon that is killed is found by its pid, and a process that dies then counts as exited though podman says that it runs",
  async () => {
    await startIfAway();
    const web = await watch("conmon");
    const info = await web.runtime.inspect(web.container);
    process.kill(info?.monitorPid ?? 0, "SIGKILL");
    await web.seen("its reason names conmon", ({ reason }) => reason.includes("conmon"));
    expect((await web.record()).observed).toBe("running");
    process.kill(info?.pid ?? 0, "SIGKILL");
    await web.seen("it has exited", ({ observed }) => observed === "exited");
    await web.monitor.stop();
    // Without its monitor a container may be left as `Stopping`, and is removed at the second time only.
    await until("it is removed", async () => {
      await tryPodman("rm", "--force", "--ignore", "--time", "0", web.container);
      return (await tryPodman("container", "exists", web.container)).exitCode === 1;
    });
  },
  60_000,
);

let running: Bun.Subprocess | undefined;

async function startIfAway(): Promise<Bun.Subprocess> {
  const service = await startService();
  const before = running;
  running = service;
  if (before !== undefined) await endProcess(before);
  closing.push(() => endProcess(service));
  return service;
}

async function post({ runtime, container }: { readonly runtime: LibpodRuntime; readonly container: string }, path: string): Promise<void> {
  const info = await runtime.inspect(container);
  // The answer never comes: the server ends.
  const signal = AbortSignal.timeout(20_000);
  await fetch(`http://${info?.addresses[0]}:8080${path}`, { method: "POST", signal }).catch(() => {});
}

async function pidOf(container: string): Promise<{ readonly pid: number } | undefined> {
  const child = Bun.spawn(["podman", "inspect", "--format", "{{.State.Pid}}", container], { stdout: "pipe", stderr: "ignore" });
  const pid = Number(await new Response(child.stdout).text());
  return pid > 0 ? { pid } : undefined;
}

async function until<T>(what: string, look: () => Promise<T | false | undefined>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`it did not come to pass within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
