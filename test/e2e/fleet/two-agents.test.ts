/** Two whole agents but for their ports, on one podman, with one node's name: neither touches what the other has made. */
import { afterAll, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MONITOR_DEFAULTS } from "../../../src/agent/monitor/monitor-settings.ts";
import { componentFixture, registryFixture, serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import { joinAgent } from "../../../src/main/join-agent.ts";
import { createLog } from "../../../src/main/log.ts";
import { LibpodRuntime } from "../../../src/runtime/libpod/libpod-runtime.ts";
import type { ServiceDefinition } from "../../../src/service-definition/service-definition.ts";
import { openPodmanApi } from "../../support/podman/podman-api.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { waitUntil } from "../support/wait-until.ts";

const scratch = podmanScratch();
const api = openPodmanApi();
const node = scratch.prefix;
const closing: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const close of closing.reverse()) await close();
}, 60_000);

/** With an empty registry; it watches when this resolves. */
async function startAgent() {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-two-agents-"));
  const runtime = new LibpodRuntime(await api.socket());
  const registry = registryFixture();
  const agentId = await registry.agentId();
  const { useCases, commands, ...agent } = joinAgent({
    nodeName: node,
    agentId,
    registry,
    runtime,
    traffic: { drained: async () => {} },
    dataDir: folder,
    filesRoot: folder,
    bindRoots: [],
    backupsDir: folder,
    keepSnapshots: 1,
    maxFileBytes: 1024,
    keepFreeBytes: 0,
    monitor: { ...MONITOR_DEFAULTS, intervalMs: 500 },
    processes: undefined,
    certificateProblems: () => [],
    startedAt: new Date(),
    log: createLog({}, "silent"),
  });
  closing.push(async () => {
    await agent.stop();
    await runtime.close();
    await registry.close();
    rmSync(folder, { recursive: true });
  });
  await agent.start();
  const deploy = async (definition: ServiceDefinition) => {
    const input = { what: { definition }, requestId: "", onFailure: "continue", pull: "never" } as const;
    return await (await useCases.deploys.deploy("anna", input)).finished();
  };
  const remove = async (service: string) => await (await useCases.lifecycle.remove("anna", { service, requestId: "" })).finished();
  return { agentId, registry, useCases, commands, deploy, remove };
}

const service = (name: string, image: string) =>
  serviceFixture({ name: `${node}${name}`, node, components: [componentFixture({ image, stopTimeoutMs: 1000 })] });

/** `name state pid` of every container of the test, sorted. */
async function seen(): Promise<readonly string[]> {
  const all: readonly { readonly Names: readonly string[]; readonly State: string; readonly Pid: number }[] = JSON.parse(
    await podman("ps", "--all", "--filter", `name=^${node}`, "--format", "json"),
  );
  return all.map(({ Names: [name], State, Pid }) => `${name} ${State} ${Pid}`).sort();
}

requiresPodman(
  "of two agents on one podman neither takes, stops, heals or removes what the other has made, whatever is asked of it",
  async () => {
    const [v1, v2] = [await scratch.serverVersion("v1"), await scratch.serverVersion("v2")];
    const web = (image: string) => service("web", image);
    const name = web(v1).name;
    const first = await startAgent();
    for (const image of [v1, v2]) expect((await first.deploy(web(image))).results).toMatchObject([{ ok: true, action: "deployed" }]);
    const before = await seen();
    expect(before).toEqual([expect.stringMatching(/-api running \d+$/), expect.stringMatching(/-api\.d1 exited 0$/)]);

    const second = await startAgent();
    expect(await second.useCases.status.list()).toEqual([]);
    expect(await second.useCases.adoption.adopt("ben", name)).toMatchObject([{ error: expect.stringContaining(first.agentId) }]);
    // Of the same name, and wanted the other way round: it sees that it has none.
    await second.useCases.adoption.sync("ben", [{ ...web(v1), active: false }]);
    expect((await second.useCases.status.live(name)).services).toMatchObject([{ components: [{ record: { observed: "removed" } }] }]);
    expect((await second.deploy(web(v1))).results).toMatchObject([{ ok: false, error: expect.stringContaining(first.agentId) }]);
    expect(await second.registry.component(name, "api")).toMatchObject({ observed: "removed", containerId: undefined });
    await expect(second.commands.exec({ service: name, component: "api" }, { command: ["id"] } as never)).rejects.toMatchObject({
      reason: "CONTAINER_NOT_FOUND",
    });
    expect((await second.remove(name)).operation).toMatchObject({ state: "succeeded" });
    expect(await seen()).toEqual(before);

    const shop = service("shop", v1);
    expect((await second.deploy(shop)).results).toMatchObject([{ ok: true, action: "deployed" }]);
    const ignored = async (agent: typeof first) => (await agent.useCases.node.status()).undeclared.filter((each) => each.startsWith(node));
    expect([await ignored(first), await ignored(second)]).toEqual([[], []]);

    await podman("kill", `${name}-api`);
    await waitUntil("its own agent heals it", async () => (await first.registry.component(name, "api"))?.restarts === 1);
    expect((await second.useCases.status.events({ since: new Date(0), newest: 99 })).filter((event) => event.service === name)).toEqual([]);
    expect((await second.remove(shop.name)).operation).toMatchObject({ state: "succeeded" });
    expect((await first.remove(name)).operation).toMatchObject({ state: "succeeded" });
    expect(await seen()).toEqual([]);
  },
  60_000,
);
