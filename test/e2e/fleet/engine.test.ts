import { afterAll, expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBindGuard } from "../../../src/agent/component/bind-guard.ts";
import { createEngine } from "../../../src/agent/engine/create-engine.ts";
import { createDriftFinder } from "../../../src/agent/engine/drift-finder.ts";
import { askHttp } from "../../../src/agent/probe/http/ask-http.ts";
import { askMcp } from "../../../src/agent/probe/http/ask-mcp.ts";
import { createProber } from "../../../src/agent/probe/layered-prober.ts";
import { dialTcp } from "../../../src/agent/probe/net/dial-tcp.ts";
import { componentFixture, registryFixture, serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import { waitOrAbort } from "../../../src/core/cancelable-wait.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { randomIds } from "../../../src/core/ids.ts";
import { LibpodRuntime } from "../../../src/runtime/libpod/libpod-runtime.ts";
import type { ComponentDefinition } from "../../../src/service-definition/service-definition.ts";
import { openPodmanApi } from "../../support/podman/podman-api.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { forceRemove, podman, requiresPodman } from "../../support/podman/run-podman.ts";

const closing: (() => Promise<void>)[] = [];
// Before podman's service is stopped.
afterAll(async () => {
  for (const close of closing.reverse()) await close();
}, 60_000);
const api = openPodmanApi();
const scratch = podmanScratch();

/** A whole engine on a real podman, with a service `<prefix><name>` of one component `api`. */
async function setup(name: string) {
  const runtime = new LibpodRuntime(await api.socket());
  const registry = registryFixture();
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-service-"));
  const ground = {
    registry,
    runtime,
    readSecret: async () => "hush",
    guardBinds: createBindGuard({ serviceDirectory: () => folder, roots: [] }),
  };
  const engine = createEngine({
    ...ground,
    prober: createProber({ dial: dialTcp, askHttp, askMcp, runtime }),
    clock: systemClock,
    timer: { monotonicMs: () => performance.now(), wait: waitOrAbort },
    traffic: { drained: async () => {} },
    node: scratch.prefix,
    agent: await registry.agentId(),
    ids: randomIds,
    requireOpen: () => {},
  });
  const service = `${scratch.prefix}${name}`;
  closing.push(async () => {
    // With its containers and the images that it keeps.
    if ((await registry.service(service)) !== undefined) {
      const { operation } = await (await engine.lifecycle.remove("anna", { service, requestId: "" })).finished();
      expect(operation).toMatchObject({ state: "succeeded" });
    }
    await engine.close();
    await registry.close();
    await runtime.close();
    await rm(folder, { recursive: true });
  });
  const definition = (image: string, more: Partial<ComponentDefinition> = {}) => {
    const component = componentFixture({ image, stopTimeoutMs: 2000, ...more });
    return serviceFixture({ name: service, node: scratch.prefix, components: [component] });
  };
  const deploy = async (image: string, more: Partial<ComponentDefinition> = {}) => {
    const begun = await engine.deploys.deploy("anna", {
      what: { definition: definition(image, more) },
      requestId: "",
      onFailure: "continue",
      pull: "missing",
    });
    return await begun.finished();
  };
  const states = async () => {
    const own = (await runtime.list()).filter(({ name }) => name.startsWith(`${service}-`));
    return own.map(({ name, state }) => `${name.slice(service.length)} ${state}`).sort();
  };
  const drift = async () => {
    const record = await registry.component(service, "api");
    const container = await runtime.inspect(`${service}-api`);
    if (record === undefined || container === undefined) throw new Error("nothing is deployed");
    return await createDriftFinder(ground)(record, container, AbortSignal.timeout(10_000));
  };
  return { engine, registry, runtime, folder, service, definition, deploy, states, drift };
}

const healthcheck = {
  probe: { kind: "mcp", path: "/mcp", port: 8080 },
  intervalMs: 100,
  timeoutMs: 1000,
  retries: 3,
  deadlineMs: 20_000,
} as const;

requiresPodman("on a real podman a version is deployed, replaced when it answers MCP, kept and rolled back", async () => {
  const { engine, service, deploy, states, runtime } = await setup("a");
  const [v1, v2] = [await scratch.serverVersion("v1"), await scratch.serverVersion("v2")];
  expect((await deploy(v1, { healthcheck })).results).toMatchObject([{ ok: true, action: "deployed", version: "v1" }]);
  expect((await deploy(v1, { healthcheck })).results).toMatchObject([{ ok: true, action: "unchanged" }]);
  const report = await deploy(v2, { healthcheck });
  expect(report.results).toMatchObject([{ ok: true, action: "deployed", version: "v2", deployment: 2 }]);
  expect(report.steps.find(({ name }) => name === "gate")?.detail).toContain("healthy");
  expect(await states()).toEqual(["-api running", "-api.d1 exited"]);
  const back = await (await engine.deploys.rollback("anna", { service, requestId: "" })).finished();
  expect(back.results).toMatchObject([{ ok: true, action: "rolled back", version: "v1", deployment: 1 }]);
  expect(await states()).toEqual(["-api running", "-api.d2 exited"]);
  const image = await runtime.image(`localhost/mcpctl/kept/${service}-api:d2`);
  expect(image?.id).toBe((await runtime.image(v2))?.id ?? "");
  const removed = await (await engine.lifecycle.remove("anna", { service, component: "api", requestId: "" })).finished();
  expect(removed.results).toMatchObject([{ ok: true, action: "removed" }]);
  expect(await states()).toEqual([]);
  expect(await runtime.image(`localhost/mcpctl/kept/${service}-api:d2`)).toBeUndefined();
});

requiresPodman("on a real podman a version that does not answer MCP goes, and the one before has never stopped", async () => {
  const { service, deploy, states, runtime } = await setup("b");
  await deploy(await scratch.serverVersion("v1"), { healthcheck });
  const before = await runtime.inspect(`${service}-api`);
  const broken = await scratch.serverVersion("broken", { env: { SERVER_MODE: "no-mcp" } });
  const report = await deploy(broken, { healthcheck: { ...healthcheck, deadlineMs: 1500 } });
  expect(report.results).toMatchObject([{ ok: false, error: expect.stringMatching(/layer answer: .*the version before serves/s) }]);
  expect(await states()).toEqual(["-api running"]);
  expect(await runtime.inspect(`${service}-api`)).toMatchObject({ id: before?.id, pid: before?.pid });
  const ending = await scratch.serverVersion("ending", { env: { SERVER_MODE: "exit:7" } });
  expect((await deploy(ending, { healthcheck })).results).toMatchObject([{ ok: false, error: expect.stringContaining("layer process") }]);
  expect(await states()).toEqual(["-api running"]);
});

requiresPodman("on a real podman what was just made shows no drift, whatever its definition says", async () => {
  const { folder, deploy, drift, states } = await setup("c");
  const image = await scratch.serverVersion("v1");
  const variants: readonly Partial<ComponentDefinition>[] = [
    {},
    {
      user: "10001:10001",
      env: { EMPTY: "", TEXT: "a=b c", TERM: "dumb" },
      secrets: { KEY: "keys/a" },
      labels: { "org.example.note": "two words" },
      cmd: ["sleep", "600000", "with space"],
      volumes: [
        { source: folder, target: "/data", readOnly: false },
        { source: `${scratch.prefix}vol`, target: "/named", readOnly: true },
      ],
      ports: [{ hostPort: 0, containerPort: 8080, protocol: "tcp" }],
      resources: { memoryBytes: 256 * 1024 * 1024, cpuMillis: 500, pids: 64 },
      hardening: { profile: "strict", tmpfs: ["/scratch:size=16m,mode=1777"], capDrop: [], capAdd: ["NET_BIND_SERVICE"], securityOpt: [] },
    },
    {
      entrypoint: ["/server"],
      cmd: [],
      hardening: { profile: "stateless", tmpfs: [], capDrop: [], capAdd: [], securityOpt: [] },
      stopTimeoutMs: 1500,
    },
    {
      network: "none",
      hardening: { profile: "trusted", tmpfs: [], capDrop: ["MKNOD", "CHOWN"], capAdd: ["SYS_TIME"], securityOpt: ["seccomp=unconfined"] },
    },
    { network: "none", hardening: { profile: "trusted", readOnly: true, tmpfs: ["/tmp"], capDrop: [], capAdd: [], securityOpt: [] } },
  ];
  for (const more of variants) {
    const report = await deploy(image, more);
    expect(report.results).toMatchObject([{ ok: true, action: "deployed", error: "" }]);
    expect(await drift()).toEqual([]);
    expect((await deploy(image, more)).results).toMatchObject([{ action: "unchanged" }]);
  }
  expect((await states())[0]).toBe("-api running");
});

requiresPodman("on a real podman whatever is changed by hand is named", async () => {
  const { service, deploy, drift } = await setup("d");
  const image = await scratch.serverVersion("v1");
  const other = await scratch.serverVersion("v2");
  await deploy(image, { env: { A: "b" } });
  const labels = JSON.parse(await podman("inspect", "--format", "{{json .Config.Labels}}", `${service}-api`)) as Record<string, string>;
  const again = async (...words: readonly string[]) => {
    await forceRemove(`${service}-api`);
    const kept = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
    await podman("run", "--detach", "--name", `${service}-api`, ...kept, ...words);
    return (await drift()).map(({ field }) => field).sort();
  };
  const same = ["--env", "A=b", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "256"];
  expect(await again(...same, image)).toEqual([]);
  expect(await again(...same, other)).toContain("image");
  expect(await again(...same, "--env", "A=c", "--env", "MORE=x", image)).toEqual(["env.A", "env.MORE"]);
  expect(await again(...same, "--volume", `${scratch.prefix}vol:/data`, image)).toEqual(["volumes /data"]);
  expect(await again(...same, "--cap-add", "NET_RAW", image)).toEqual(["capabilities"]);
  expect(await again(...same, "--memory", "100m", image)).toEqual(["resources.memory"]);
  expect(await again(...same, "--restart", "always", image)).toEqual(["restart_policy"]);
  expect(await again(...same, "--network", "none", image)).toEqual(["network"]);
  expect(await again(...same, "--user", "5", image)).toEqual(["user"]);
  expect(await again(...same, "--read-only", image)).toEqual(["read_only"]);
  expect(await again(...same, image, "--flag")).toEqual(["cmd"]);
  expect(await again("--env", "A=b", "--privileged", image)).toEqual(
    expect.arrayContaining(["capabilities", "loosened", "no_new_privileges"]),
  );
});
