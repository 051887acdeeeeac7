import { expect, test } from "bun:test";
import type { BegunOperation } from "../../../src/agent/agent-use-cases.ts";
import { LABELS } from "../../../src/agent/component/labels.ts";
import type { Engine } from "../../../src/agent/engine/create-engine.ts";
import { type Death, dyingRegistry } from "../../../src/agent/engine/dying-registry.fixture.ts";
import { addImages, deployInput, engineWorld, type World } from "../../../src/agent/engine/engine.fixture.ts";
import { componentFixture, registryFixture, serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import type { ServiceDefinition } from "../../../src/service-definition/service-definition.ts";

/** Each case: what was there, what is done when the agent is killed, and the versions that may run afterwards. */
interface Case {
  readonly name: string;
  readonly prepare: (world: World) => Promise<unknown>;
  readonly act: (engine: Engine) => Promise<BegunOperation | undefined>;
  /** Image and state by component, one of these for each. */
  readonly allowed: Readonly<Record<string, readonly string[]>>;
  readonly probe?: World["probe"];
}

const api = (tag: string, more: Parameters<typeof componentFixture>[0] = {}) =>
  componentFixture({ image: `registry.test/web/api:${tag}`, ...more });
const web = (...components: ServiceDefinition["components"]) => serviceFixture({ components });
const PORT = { ports: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" as const }] };
const deploying = (definition: ServiceDefinition) => (engine: Engine) =>
  engine.deploys.deploy("anna", deployInput(definition, { requestId: "r" }));
const healing = async (engine: Engine, reason: "removed" | "unhealthy") => {
  await engine.runs.heal("web", "api", reason);
  return undefined;
};
const failV2: World["probe"] = ({ name, spec }) =>
  name === "web-api" && spec.env.BROKEN === "yes" ? { ok: false, layer: "port", reason: "refused" } : undefined;

const CASES: readonly Case[] = [
  { name: "a first deploy", prepare: async () => {}, act: deploying(web(api("v1"))), allowed: { api: ["v1 running"] } },
  {
    name: "a start-first deploy",
    prepare: (world) => world.deploy(web(api("v1"))),
    act: deploying(web(api("v2"))),
    allowed: { api: ["v2 running"] },
  },
  {
    name: "a stop-first deploy of two",
    prepare: (world) => world.deploy(web(api("v1", PORT), api("v1", { name: "db" }))),
    act: deploying(web(api("v2", PORT), api("v2", { name: "db" }))),
    allowed: { api: ["v2 running"], db: ["v2 running"] },
  },
  {
    name: "a deploy whose gate fails",
    prepare: (world) => world.deploy(web(api("v1"))),
    act: deploying(web(api("v2", { env: { BROKEN: "yes" } }))),
    allowed: { api: ["v1 running"] },
    probe: failV2,
  },
  {
    name: "a deploy that is reverted",
    prepare: (world) => world.deploy(web(api("v1", { name: "db" }), api("v1"))),
    act: (engine) =>
      engine.deploys.deploy(
        "anna",
        deployInput(web(api("v2", { name: "db" }), api("v2", { env: { BROKEN: "yes" } })), { onFailure: "revert", requestId: "r" }),
      ),
    allowed: { db: ["v1 running"], api: ["v1 running"] },
    probe: failV2,
  },
  {
    name: "a rollback",
    prepare: async (world) => {
      await world.deploy(web(api("v1")));
      await world.deploy(web(api("v2")));
    },
    act: (engine) => engine.deploys.rollback("anna", { service: "web", requestId: "r" }),
    allowed: { api: ["v1 running"] },
  },
  {
    name: "a stop",
    prepare: (world) => world.deploy(web(api("v1"))),
    act: (engine) => engine.lifecycle.stop("anna", { service: "web", requestId: "r" }),
    allowed: { api: ["v1 exited"] },
  },
  {
    name: "a restart",
    prepare: (world) => world.deploy(web(api("v1"))),
    act: (engine) => engine.lifecycle.restart("anna", { service: "web", requestId: "r" }),
    allowed: { api: ["v1 running"] },
  },
  {
    name: "a removal",
    prepare: async (world) => {
      await world.deploy(web(api("v1")));
      await world.deploy(web(api("v2")));
    },
    act: (engine) => engine.lifecycle.remove("anna", { service: "web", requestId: "r" }),
    allowed: {},
  },
  {
    name: "the healing of a container that is gone",
    prepare: async (world) => {
      await world.deploy(web(api("v1")));
      await world.runtime.remove("web-api");
    },
    act: (engine) => healing(engine, "removed"),
    allowed: { api: ["v1 running"] },
  },
  {
    name: "a container that is made anew",
    prepare: (world) => world.deploy(web(api("v1"))),
    act: (engine) => healing(engine, "unhealthy"),
    allowed: { api: ["v1 running"] },
  },
];

function prepared({ probe }: Case): { world: World; death: Death } {
  const death: Death = { isDead: false, writesLeft: undefined, when: "before", died: Promise.withResolvers() };
  const world = engineWorld({ registry: registryFixture(), wrap: (registry) => dyingRegistry(registry, death) });
  addImages(world.runtime, "v1", "v2", "v3");
  if (probe !== undefined) world.probe = probe;
  return { world, death };
}

/** Waits until the operation is over or the agent is dead, whichever is first. */
async function untilEnd(world: World, death: Death, { act }: Case): Promise<void> {
  const over = act(world.engine).then((begun) => begun?.finished());
  await Promise.race([over, death.died.promise]);
}

/** One container serves for each component, as one of the versions that may; nothing is left over; the registry says the same. */
async function expectSound(world: World, { allowed, name }: Case, where: string): Promise<void> {
  const message = `${name}, killed ${where}`;
  const seen = await world.seen();
  const serving = Object.entries(seen).filter(([container]) => !/\.d\d+$/.test(container));
  expect(Object.fromEntries(serving.map(([container]) => [container, true])), message).toEqual(
    Object.fromEntries(Object.keys(allowed).map((component) => [`web-${component}`, true])),
  );
  for (const [component, states] of Object.entries(allowed)) expect(states, message).toContain(seen[`web-${component}`] ?? "");
  for (const [container, state] of Object.entries(seen)) if (/\.d\d+$/.test(container)) expect(state, message).toMatch(/ exited$/);
  expect(await world.registry.operations({ running: true, limit: 9 }), message).toEqual([]);
  for (const record of await world.registry.components()) {
    const info = await world.runtime.inspect(`web-${record.name}`);
    const running = record.desired === "running";
    expect({ state: info?.state, deployment: info?.labels[LABELS.deployment] }, message).toEqual({
      state: running ? "running" : "exited",
      deployment: String(record.deployment),
    });
    const image = await world.runtime.image(record.spec.image);
    expect(info?.imageId, message).toBe(image?.id ?? "");
    expect(record.observed, message).toBe(running ? "running" : "stopped");
    const numbers = (await world.registry.deployments("web", record.name)).map(({ number }) => number);
    for (const container of Object.keys(seen)) {
      const kept = /^web-(.+)\.d(\d+)$/.exec(container);
      if (kept?.[1] === record.name) expect(numbers, message).toContain(Number(kept[2]));
    }
  }
}

/** Kills the agent at each of its writes in turn, lets `recover` happen, and looks. Resolves with how many there were. */
async function killEverywhere(each: Case, kill: (world: World, death: Death, write: number) => void): Promise<number> {
  for (let write = 1; ; write += 1) {
    const { world, death } = prepared(each);
    await each.prepare(world);
    const before = await world.seen();
    const operations = await world.registry.operations({ limit: 9 });
    kill(world, death, write);
    await untilEnd(world, death, each);
    const survived = !death.isDead && !world.faulty.isDead;
    if (survived) return write - 1;
    death.isDead = true;
    const next = world.successor();
    await next.recover();
    for (const { id } of await world.registry.operations({ running: true, limit: 9 })) await settled(world, next, id);
    const hasBegun = (await world.registry.operations({ limit: 9 })).length > operations.length;
    if (hasBegun) await expectSound(world, each, `at write ${write}`);
    else expect(await world.seen(), `what was not acknowledged is not done, at write ${write}`).toEqual(before);
    await next.close();
  }
}

/** Until an operation that was taken up is over. */
async function settled(world: World, engine: Engine, id: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = engine.feed.listen(id, (news) => {
      if (news.kind !== "end") return;
      stop();
      resolve();
    });
    void world.registry.operation(id).then((operation) => operation?.state !== "running" && resolve());
  });
}

for (const each of CASES) {
  for (const when of ["before", "after"] as const) {
    test(`an agent that is killed ${when} any write to the engine, in ${each.name}, leaves nothing half done`, async () => {
      const writes = await killEverywhere(each, (world, death, write) => {
        world.faulty.dieAt(write, when).then(() => {
          death.isDead = true;
          death.died.resolve();
        });
      });
      expect(writes).toBeGreaterThan(0);
    });

    test(`an agent that is killed ${when} any write to its registry, in ${each.name}, leaves nothing half done`, async () => {
      const writes = await killEverywhere(each, (_, death, write) => Object.assign(death, { writesLeft: write, when }));
      expect(writes).toBeGreaterThan(5);
    });
  }
}
