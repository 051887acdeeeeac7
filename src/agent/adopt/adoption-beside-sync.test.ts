/** A sync and an adoption of one service at the same time: what comes of it is what one of the two orders would have given. */
import { expect, test } from "bun:test";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import type { AdoptionUseCases } from "../agent-use-cases.ts";
import { engineWorld } from "../engine/engine.fixture.ts";
import { componentFixture, serviceFixture } from "../registry/registry.fixture.ts";
import type { Registry } from "../registry/registry.ts";

const IMAGE = "registry.test/web/api:v1";

type Synced = Awaited<ReturnType<AdoptionUseCases["sync"]>>;

/** Turns of the event loop that whoever can go on has had by then. */
async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

/** `before` holds up the first call of each method that it names. */
function worldWith(before: Partial<Record<keyof Registry, () => Promise<void>>>) {
  const waits = new Map(Object.entries(before));
  const wrap = (registry: Registry): Registry =>
    new Proxy(registry, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...input: unknown[]) => {
          const wait = waits.get(String(name));
          waits.delete(String(name));
          await wait?.();
          return await Reflect.apply(method, target, input);
        };
      },
    });
  const world = engineWorld({ wrap });
  world.runtime.addImage(IMAGE);
  return world;
}

test("a service that is synced while an adoption of it begins is there afterwards, though nothing could be adopted", async () => {
  let synced: Promise<Synced> = Promise.resolve({ results: [], ignored: [] });
  const world = worldWith({
    beginOperation: async () => {
      synced = world.engine.adoption.sync("kyle", [serviceFixture()]);
      await turns();
    },
  });
  await world.runtime.create(containerSpec({ name: "web-API", image: IMAGE }));
  expect(await world.engine.adoption.adopt("kyle", "web")).toMatchObject([{ error: expect.stringContaining("no name") }]);
  const [result] = (await synced).results;
  expect((await world.registry.service("web")) !== undefined).toBe(result?.change === "created");
});

test("a sync that is about to write when an adoption begins takes nothing from under it", async () => {
  const reached = Promise.withResolvers<void>();
  const saved = Promise.withResolvers<void>();
  let adopted: Promise<unknown> = Promise.resolve();
  const world = worldWith({
    saveService: async () => {
      adopted = world.engine.adoption.adoptOne("kyle", { service: "web", container: "legacy", component: "api" });
      await Promise.race([reached.promise, turns()]);
    },
    // Of the adoption: it has found that there is no such component.
    createComponent: async () => {
      reached.resolve();
      await Promise.race([saved.promise, turns()]);
    },
  });
  await world.runtime.create(containerSpec({ name: "legacy", image: IMAGE }));
  await world.runtime.start("legacy");
  const definition = serviceFixture({ components: [componentFixture({ image: IMAGE, env: { LEVEL: "info" } })] });
  const { results } = await world.engine.adoption.sync("kyle", [definition]);
  saved.resolve();
  expect(results).toMatchObject([{ change: "created", error: "" }]);
  expect(await adopted).toMatchObject({ component: "api", desired: "running", error: "" });
  // One that was declared before keeps what its definition says.
  expect(await world.registry.component("web", "api")).toMatchObject({
    deployment: 1,
    desired: "running",
    spec: { env: { LEVEL: "info" } },
  });
  expect(Object.keys(await world.seen())).toEqual(["web-api"]);
});

test("a service that is synced to run while all that an adoption finds of it is stopped is not switched off by that", async () => {
  let synced: Promise<Synced> = Promise.resolve({ results: [], ignored: [] });
  const world = worldWith({
    beginOperation: async () => {
      synced = world.engine.adoption.sync("kyle", [serviceFixture({ components: [componentFixture({ name: "other", image: IMAGE })] })]);
      await turns();
    },
  });
  await world.runtime.create(containerSpec({ name: "web-api", image: IMAGE }));
  expect(await world.engine.adoption.adopt("kyle", "web")).toMatchObject([{ desired: "stopped", error: "" }]);
  const [result] = (await synced).results;
  // The adoption's alone where the sync was told to come again.
  expect((await world.registry.service("web"))?.active).toBe(result?.change !== "failed");
});
