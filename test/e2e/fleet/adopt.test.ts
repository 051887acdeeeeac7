import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "../../../src/agent/agent-use-cases.ts";
import { createBindGuard } from "../../../src/agent/component/bind-guard.ts";
import { registeredDefinition } from "../../../src/agent/deploy/registered-definition.ts";
import { createEngine, type Engine } from "../../../src/agent/engine/create-engine.ts";
import type { Registry } from "../../../src/agent/registry/registry.ts";
import { openSqliteRegistry } from "../../../src/agent/registry/sqlite/sqlite-registry.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { randomIds } from "../../../src/core/ids.ts";
import { LibpodRuntime } from "../../../src/runtime/libpod/libpod-runtime.ts";
import { formatServiceDefinition } from "../../../src/service-definition/format-service-definition.ts";
import { parseServiceDefinition } from "../../../src/service-definition/parse-service-definition.ts";
import type { ServiceDefinition } from "../../../src/service-definition/service-definition.ts";
import { openPodmanApi } from "../../support/podman/podman-api.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { hasPodman, podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { inParallel } from "../support/in-parallel.ts";

/*
 * Containers that were there before anybody declared them, made by podman in as many ways as people make them: adopted,
 * exported, and planned. Nothing is restarted, and a deploy of the export would change nothing.
 */
const scratch = podmanScratch();
const api = openPodmanApi();
const { prefix } = scratch;
let folder = "";
let registry: Registry;
let runtime: LibpodRuntime;
let engine: Engine;
let adoption: Engine["adoption"];

beforeAll(async () => {
  if (!hasPodman) return;
  folder = mkdtempSync(join(tmpdir(), "mcpctl-adopt-"));
  registry = openSqliteRegistry(join(folder, "agent.db"));
  runtime = new LibpodRuntime(await api.socket());
  engine = createEngine({
    registry,
    runtime,
    prober: { probe: async () => ({ ok: true, detail: "" }) },
    clock: systemClock,
    timer: { monotonicMs: () => performance.now(), wait: async () => {} },
    traffic: { drained: async () => {} },
    node: "here",
    agent: "a".repeat(32),
    ids: randomIds,
    readSecret: () => Promise.reject(new Error("there are no secrets")),
    guardBinds: createBindGuard({ serviceDirectory: () => folder, roots: [] }),
    requireOpen: () => {},
  });
  adoption = engine.adoption;
}, 120_000);

afterAll(async () => {
  if (!hasPodman) return;
  await engine.close();
  await runtime.close();
  await registry.close();
  rmSync(folder, { recursive: true });
});

const pidOf = async (name: string) => Number(await podman("inspect", "--format", "{{.State.Pid}}", name));

/** Of those that would change something, what. */
function changes(plan: Plan): readonly string[] {
  return plan.components
    .filter(({ action }) => action !== "none")
    .map(
      ({ component, action, diffs }) =>
        `${component} ${action} ${diffs.map(({ field, want, have }) => `${field}: ${have} → ${want}`).join(", ")}`,
    );
}

/** What a deploy of the exported file would do. */
async function planOfExport(service: string): Promise<{ readonly definition: ServiceDefinition; readonly changes: readonly string[] }> {
  const file = formatServiceDefinition(await registeredDefinition(registry, service));
  const definition = parseServiceDefinition(file, `${service}.toml`);
  return { definition, changes: changes(await engine.deploys.plan({ what: { definition } })) };
}

/** Words of `podman run`, by what they are about. */
const VARIED = (bind: string, image: string): Readonly<Record<string, readonly string[]>> => ({
  plain: [image],
  port: ["-p", "127.0.0.1::8080", image],
  open: ["-p", "0.0.0.0::8080", image],
  udp: ["-p", "127.0.0.1::8081/udp", image],
  ports: ["-p", "127.0.0.1::8080", "-p", "127.0.0.1::9090", image],
  tmpfs: ["--tmpfs", "/cache", image],
  sized: ["--tmpfs", "/cache:size=16m,mode=1777", image],
  readonly: ["--read-only", "--read-only-tmpfs=false", image],
  rotmpfs: ["--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp:size=8m", image],
  dropall: ["--cap-drop=ALL", image],
  dropone: ["--cap-drop=CHOWN", image],
  addone: ["--cap-add=NET_ADMIN", image],
  swapcaps: ["--cap-drop=ALL", "--cap-add=NET_BIND_SERVICE", "--cap-add=CHOWN", image],
  nnp: ["--security-opt=no-new-privileges", image],
  unconfined: ["--security-opt=seccomp=unconfined", image],
  user: ["--user=10001:10001", image],
  root: ["--user=0", image],
  entryword: ["--entrypoint=/server", image, "sleep", "600000"],
  entryarray: ['--entrypoint=["/server","sleep"]', image, "600000"],
  words: [image, "sleep", "600000"],
  env: ["-e", "A=1=2", "-e", "B=two words", "-e", "C=", "-e", "HOME=/data", image],
  labels: ["-l", "team=a", "-l", "org.example/x=y z", image],
  memory: ["--memory=256m", image],
  cpus: ["--cpus=0.5", image],
  pids: ["--pids-limit=100", image],
  manypids: ["--pids-limit=-1", image],
  stopsoon: ["--stop-timeout=3", image],
  bind: ["-v", `${bind}:/conf:ro`, image],
  rwbind: ["-v", `${bind}:/conf`, image],
  volume: ["-v", `${prefix}-vol:/state`, image],
  health: ["--health-cmd=/server print ok", "--health-interval=1h", image],
  nonet: ["--network=none", image],
  network: [`--network=${prefix}-net`, image],
  hardened: [
    ...["--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=64", "--memory=256m"],
    ...["--cpus=1", "--tmpfs", "/tmp:size=16m", "--user=10001", image],
  ],
});

requiresPodman(
  "containers of every kind are adopted without a restart, and a deploy of what is exported would change nothing",
  async () => {
    const image = await scratch.serverImage();
    const bind = join(folder, "conf");
    mkdirSync(bind);
    await podman("network", "create", `${prefix}-net`);
    const varied = VARIED(bind, image);
    const kinds = Object.entries(varied);
    await inParallel(kinds.length, 4, async (index) => {
      const [name, words] = kinds[index] ?? ["", []];
      await podman("run", "--detach", "--name", `${prefix}-${name}`, ...words);
    });
    const stopped = `${prefix}s`;
    await podman("create", "--name", stopped, image);
    const names = Object.keys(varied);
    const before = new Map(await Promise.all(names.map(async (name) => [name, await pidOf(`${prefix}-${name}`)] as const)));

    const adopted = await adoption.adopt("kyle", prefix);
    expect(adopted.filter(({ error }) => error !== "")).toEqual([]);
    expect(adopted.map(({ component }) => component).sort()).toEqual([...names].sort());
    expect(await adoption.adopt("kyle", stopped)).toEqual([{ container: stopped, component: stopped, desired: "stopped", error: "" }]);
    expect(await planOfExport(stopped)).toMatchObject({ definition: { active: false }, changes: [] });
    const { definition, changes: found } = await planOfExport(prefix);
    expect(definition.components).toHaveLength(names.length);
    expect(found).toEqual([]);
    const after = new Map(await Promise.all(names.map(async (name) => [name, await pidOf(`${prefix}-${name}`)] as const)));
    expect(after).toEqual(before);
    expect([...after.values()].every((pid) => pid > 0)).toBe(true);
  },
  300_000,
);

requiresPodman(
  "what no component gets is not adopted, and says why",
  async () => {
    const image = await scratch.serverImage();
    const service = `${prefix}x`;
    await Promise.all([
      podman("run", "--detach", "--name", `${service}-hostnet`, "--network=host", "-e", "SERVER_PORT=0", image, "sleep", "600000"),
      podman("run", "--detach", "--name", `${service}-privileged`, "--privileged", image),
      podman("pod", "create", "--name", `${service}-p`, "--infra=false"),
    ]);
    try {
      await podman("run", "--detach", "--pod", `${service}-p`, "--name", `${service}-member`, image);
      const results = await adoption.adopt("kyle", service);
      expect(Object.fromEntries(results.map(({ component, error }) => [component, error]))).toEqual({
        hostnet: expect.stringContaining("host network"),
        privileged: expect.stringContaining("privileged"),
        member: expect.stringContaining("pod"),
      });
      expect(await registry.service(service)).toBeUndefined();
    } finally {
      await podman("pod", "rm", "--force", `${service}-p`);
    }
  },
  120_000,
);

requiresPodman(
  "a node with containers is taken over: discovered, adopted under their components' names, exported, and deployed from there",
  async () => {
    const image = await scratch.serverImage();
    const service = `${prefix}b`;
    await podman("run", "--detach", "--name", `${prefix}-bare`, "-p", "127.0.0.1::8080", "-e", "SERVER_VERSION=bare", image);
    const pid = await pidOf(`${prefix}-bare`);
    expect((await adoption.sync("kyle", [])).ignored).toContain(`${prefix}-bare`);

    const adopted = await adoption.adoptOne("kyle", { service, container: `${prefix}-bare`, component: "api" });
    expect(adopted).toMatchObject({ component: "api", desired: "running", error: "" });
    expect(await pidOf(`${service}-api`)).toBe(pid);
    expect((await adoption.sync("kyle", [])).ignored).not.toContain(`${service}-api`);
    const { definition, changes: found } = await planOfExport(service);
    expect(found).toEqual([]);
    expect(definition.components[0]?.env).toEqual({ SERVER_VERSION: "bare" });

    const [component] = definition.components;
    if (component === undefined) throw new Error("nothing was exported");
    const next = { ...definition, components: [{ ...component, env: { SERVER_VERSION: "next" } }] };
    const begun = await engine.deploys.deploy("kyle", { what: { definition: next }, requestId: "", onFailure: "continue", pull: "never" });
    expect((await begun.finished()).results).toMatchObject([{ component: "api", ok: true, action: "deployed", deployment: 2 }]);
    const names = (await runtime.list()).map(({ name }) => name).filter((name) => name.startsWith(`${service}-`));
    expect(names.sort()).toEqual([`${service}-api`, `${service}-api.d1`]);
    expect(await pidOf(`${service}-api`)).not.toBe(pid);
    expect(changes(await engine.deploys.plan({ what: { definition: next } }))).toEqual([]);
  },
  120_000,
);
