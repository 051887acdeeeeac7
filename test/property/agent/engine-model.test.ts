import { expect, test } from "bun:test";
import fc from "fast-check";
import type { BegunOperation } from "../../../src/agent/agent-use-cases.ts";
import { LABELS } from "../../../src/agent/component/labels.ts";
import type { Engine } from "../../../src/agent/engine/create-engine.ts";
import { type Death, dyingRegistry } from "../../../src/agent/engine/dying-registry.fixture.ts";
import { addImages, deployInput, engineWorld, type World } from "../../../src/agent/engine/engine.fixture.ts";
import { componentFixture, serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import { FaultyRuntime, type RuntimeCall } from "../../../src/runtime/fake/faulty-runtime.fixture.ts";
import { runtimeTimeout } from "../../../src/runtime/runtime-errors.ts";
import { BAD, EngineModel, NAMES, type Name } from "./engine-model.fixture.ts";

const VERSIONS = ["v1", "v2", "v3", BAD] as const;
const FAULTS: readonly RuntimeCall[] = ["create", "start", "stop", "rename", "remove", "inspect", "image", "tagImage"];

type Act =
  | { readonly kind: "deploy"; readonly api: string; readonly db: string }
  | { readonly kind: "rollback" | "stop" | "start" | "restart" | "remove" }
  | { readonly kind: "heal" | "exit" | "vanish"; readonly name: Name };

type Trouble =
  | { readonly kind: "none" }
  | { readonly kind: "killed"; readonly write: number; readonly by: "engine" | "registry"; readonly when: "before" | "after" }
  | { readonly kind: "fault"; readonly call: RuntimeCall; readonly after: number; readonly done: boolean };

interface Command {
  readonly act: Act;
  readonly trouble: Trouble;
}

const name = fc.constantFrom(...NAMES);
const version = fc.constantFrom(...VERSIONS);
const deploy = fc.record({ kind: fc.constant("deploy" as const), api: version, db: version });
const whole = fc.record({
  kind: fc.constantFrom("rollback" as const, "stop" as const, "start" as const, "restart" as const, "remove" as const),
});
const single = fc.record({ kind: fc.constantFrom("heal" as const, "exit" as const, "vanish" as const), name });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: deploy },
  { weight: 3, arbitrary: whole },
  { weight: 3, arbitrary: single },
);
const none = fc.constant<Trouble>({ kind: "none" });
const killed: fc.Arbitrary<Trouble> = fc.record({
  kind: fc.constant("killed" as const),
  write: fc.integer({ min: 1, max: 30 }),
  by: fc.constantFrom("engine" as const, "registry" as const),
  when: fc.constantFrom("before" as const, "after" as const),
});
const fault: fc.Arbitrary<Trouble> = fc.record({
  kind: fc.constant("fault" as const),
  call: fc.constantFrom(...FAULTS),
  after: fc.integer({ min: 0, max: 8 }),
  done: fc.boolean(),
});
const commands = (trouble: fc.Arbitrary<Trouble>) => fc.array(fc.record({ act, trouble }), { minLength: 1, maxLength: 10 });

/** The agent as it is now: after it was killed it is another one on the same engine and registry. */
class Subject {
  readonly world: World;
  engine: Engine;
  faulty: FaultyRuntime;
  death: Death;

  constructor() {
    this.world = engineWorld();
    addImages(this.world.runtime, ...VERSIONS);
    this.world.runtime.behave(`registry.test/web/api:${BAD}`, { exitsWith: 1 });
    this.death = alive();
    this.faulty = new FaultyRuntime(this.world.runtime);
    this.engine = this.#another();
  }

  /** What became of it: whether all went well, undefined where it was refused, or that the agent died. */
  async run(command: Command): Promise<boolean | undefined | "died"> {
    const takeBack = this.#arrange(command.trouble);
    const over = this.#begin(command.act).then(
      async (begun) => (begun === undefined ? true : (await begun.finished()).operation.state === "succeeded"),
      (thrown) => this.#refusal(thrown),
    );
    const outcome = await Promise.race([over, this.death.died.promise.then(() => "died" as const)]);
    takeBack();
    return outcome;
  }

  /** The next start of the agent; resolves when nothing is under way any more. */
  async restart(): Promise<void> {
    this.death.isDead = true;
    this.death = alive();
    this.faulty = new FaultyRuntime(this.world.runtime);
    this.engine = this.#another();
    await this.engine.recover();
    while (this.engine.runs.busy("web")) await new Promise(setImmediate);
  }

  #another(): Engine {
    return this.world.successor({ runtime: this.faulty, registry: dyingRegistry(this.world.registry, this.death) });
  }

  #refusal(thrown: unknown): boolean | undefined {
    const { reason } = thrown as { reason?: string };
    if (reason === "HEAL_FAILED") return false;
    if (["NOTHING_TO_ROLL_BACK_TO", "SERVICE_NOT_FOUND", "COMPONENT_NOT_FOUND"].includes(reason ?? "")) return undefined;
    throw thrown;
  }

  #arrange(trouble: Trouble): () => void {
    const { death } = this;
    const die = () => {
      death.isDead = true;
      death.died.resolve();
    };
    if (trouble.kind === "fault") {
      return this.faulty.fail(trouble.call, runtimeTimeout(trouble.call, 1), { times: 1, after: trouble.after, done: trouble.done });
    }
    if (trouble.kind === "killed" && trouble.by === "engine") void this.faulty.dieAt(trouble.write, trouble.when).then(die);
    if (trouble.kind === "killed" && trouble.by === "registry") Object.assign(death, { writesLeft: trouble.write, when: trouble.when });
    return () => {};
  }

  async #begin(each: Act): Promise<BegunOperation | undefined> {
    const { deploys, lifecycle, runs } = this.engine;
    const request = { service: "web", requestId: "" };
    switch (each.kind) {
      case "deploy": {
        const of = (component: Name, tag: string) => componentFixture({ name: component, image: `registry.test/web/api:${tag}` });
        const definition = serviceFixture({ components: [of("api", each.api), of("db", each.db)] });
        return await deploys.deploy("anna", deployInput(definition, { pull: "never" }));
      }
      case "rollback":
        return await deploys.rollback("anna", request);
      case "heal":
        return void (await runs.heal("web", each.name, "exited"));
      case "exit": {
        const container = await this.world.runtime.inspect(`web-${each.name}`);
        return container?.state === "running" ? void this.world.runtime.exit(container.name, 1) : undefined;
      }
      case "vanish":
        return void (await this.world.runtime.remove(`web-${each.name}`));
      default:
        return await lifecycle[each.kind]("anna", request);
    }
  }
}

function alive(): Death {
  return { isDead: false, writesLeft: undefined, when: "before", died: Promise.withResolvers() };
}

function inModel(model: EngineModel, each: Act): boolean | undefined {
  switch (each.kind) {
    case "deploy":
      return model.deploy(each);
    case "heal":
      return model.heal(each.name);
    case "exit":
    case "vanish":
      model[each.kind](each.name);
      return true;
    default:
      return model[each.kind]();
  }
}

/** Everything that the model knows, as the engine and the registry have it. */
async function actual({ world }: Subject): Promise<unknown> {
  const seen = await world.seen();
  const components = await world.registry.components();
  const all = await Promise.all(
    components.map(async ({ name: each, desired, deployment, spec }) => {
      const kept = await world.registry.deployments("web", each);
      return [
        each,
        { container: seen[`web-${each}`], desired, current: deployment, declared: spec.image, kept: kept.map(({ number }) => number) },
      ];
    }),
  );
  return { components: Object.fromEntries(all), running: await world.registry.operations({ running: true, limit: 9 }) };
}

function expected(model: EngineModel): unknown {
  const all = [...model.components].map(([each, { container, desired, current, declared, kept }]) => [
    each,
    {
      container: container && `${container.version} ${container.up ? "running" : "exited"}`,
      desired,
      current,
      declared: `registry.test/web/api:${declared}`,
      kept: kept.map(({ number }) => number),
    },
  ]);
  return { components: Object.fromEntries(all), running: [] };
}

/** Whatever happened: no component has two containers that run, and none has one that is not its own deployment's. */
async function expectSound({ world }: Subject, isQuiet: boolean): Promise<void> {
  const names = Object.keys(await world.seen());
  for (const each of NAMES) {
    const own = await Promise.all(
      names.filter((found) => found.split(".")[0] === `web-${each}`).map((found) => world.runtime.inspect(found)),
    );
    if (isQuiet) expect(own.filter((info) => info?.state === "running").length).toBeLessThanOrEqual(1);
    if (isQuiet) expect(own.filter((info) => /\.(next|prev)$/.test(info?.name ?? ""))).toEqual([]);
    const record = await world.registry.component("web", each);
    const current = own.find((info) => info?.name === `web-${each}`);
    if (isQuiet && current !== undefined) expect(current.labels[LABELS.deployment]).toBe(String(record?.deployment));
  }
}

async function followsModel(list: readonly Command[]): Promise<void> {
  const subject = new Subject();
  let model = new EngineModel();
  for (const command of list) {
    const before = structuredClone(model.components);
    const predicted = inModel(model, command.act);
    const count = (await subject.world.registry.operations({ limit: 999 })).length;
    const outcome = await subject.run(command);
    if (outcome === "died") {
      await subject.restart();
      const hasBegun = (await subject.world.registry.operations({ limit: 999 })).length > count;
      if (!hasBegun) model = modelOf(before);
    } else if (command.trouble.kind === "fault") {
      // What came of it depends on which call failed; the next deploy must put all of it right.
      const mend: Act = { kind: "deploy", api: "v1", db: "v2" };
      await expectSound(subject, outcome === true);
      await subject.run({ act: { kind: "remove" }, trouble: { kind: "none" } });
      expect(await subject.run({ act: mend, trouble: { kind: "none" } })).toBe(true);
      model = new EngineModel();
      model.deploy({ api: "v1", db: "v2" });
    } else {
      expect(outcome).toBe(predicted);
    }
    expect(await actual(subject)).toEqual(expected(model));
    await expectSound(subject, true);
  }
  await subject.engine.close();
  await subject.world.registry.close();
}

function modelOf(components: EngineModel["components"]): EngineModel {
  const model = new EngineModel();
  for (const [each, component] of components) model.components.set(each, component);
  return model;
}

/** Of each kind; MODEL_RUNS=20000 searches longer. */
const RUNS = Number(process.env.MODEL_RUNS ?? 700);

test("whatever is asked for in whatever order, an engine does what the model does", async () => {
  await fc.assert(fc.asyncProperty(commands(none), followsModel), { numRuns: RUNS });
});

test("an agent that is killed at any moment comes to the same in the end", async () => {
  await fc.assert(fc.asyncProperty(commands(fc.oneof(none, killed)), followsModel), { numRuns: RUNS });
});

test("whichever call of the runtime fails or loses its answer, nothing is doubled and the next deploy puts it right", async () => {
  await fc.assert(fc.asyncProperty(commands(fc.oneof(none, fault)), followsModel), { numRuns: RUNS });
});
