import { afterEach, expect, test } from "bun:test";
import { OnFailure, OperationKind, OperationState, PlannedAction, PullPolicy, StepState } from "../../api/agent/contract.ts";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { AppError } from "../../core/app-error.ts";
import { serviceText, specOf, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

const operation = (state: OperationState, more: object = {}) => ({
  id: "op_1",
  kind: OperationKind.DEPLOY,
  serviceName: "ha",
  state,
  ...more,
});
const deployed = { component: "api", ok: true, action: "deployed", version: "v1", imageDigest: `sha256:${"0".repeat(64)}`, deployment: 5n };
const failed = { component: "web", ok: false, action: "failed", error: "the image is not there", hint: "push it first" };
const step = (name: string, state: StepState, detail = "") => ({ component: "api", name, state, detail });
const plan = (action: PlannedAction) => ({
  planToken: "plan-7",
  components: [{ component: "api", action, diffs: [{ field: "image", want: "ha:v2", have: "ha:v1" }], reason: "" }],
});

/** An agent that deploys as it is told. */
function deploying(results: object[] = [deployed], state: OperationState = OperationState.SUCCEEDED, more: object = {}): AgentAnswers {
  return {
    plan: () => plan(PlannedAction.REPLACE_START_FIRST),
    deploy: () => ({ operation: operation(OperationState.RUNNING) }),
    rollback: () => ({ operation: operation(OperationState.RUNNING) }),
    async *watchEvents({ operationId }) {
      if (operationId !== "op_1") return;
      yield { what: { case: "operation", value: { step: step("pull", StepState.RUNNING, "40 %") } } };
      yield { what: { case: "operation", value: { step: step("pull", StepState.RUNNING, "40 %") } } };
      yield { what: { case: "operation", value: { step: step("pull", StepState.DONE) } } };
      yield { what: { case: "operation", value: { step: step("gate", StepState.DONE) } } };
    },
    getOperation: () => ({ operation: operation(state, more), results }),
    listServices: () => ({ services: [{ spec: specOf("shop", "rift"), components: [{ name: "api" }] }] }),
  };
}

async function setup(answers: AgentAnswers = deploying(), components?: readonly string[]) {
  const fleet = await startFleet({ rift: answers, orion: { listServices: () => ({}) } });
  fleets.push(fleet);
  const file = fleet.write("services/ha.toml", serviceText("ha", "rift", components));
  const request = (method: string) => fleet.agents.rift?.calls.find((call) => call.method === method)?.request;
  return { fleet, file, request, run: fleet.run };
}

test("deploy pushes the spec of the file at its place, says each step, and prints a result for each component", async () => {
  const { run, fleet, request } = await setup();
  expect(await run(["deploy", "ha"])).toEqual({
    exitCode: 0,
    stdout: [
      "COMPONENT  RESULT    VERSION  DIGEST               DEPLOYMENT",
      "api        deployed  v1       sha256:000000000000  5",
      "",
    ].join("\n"),
    stderr: "api: pulling the image … (40 %)\napi: pulling the image done\napi: waiting until it is healthy done\n",
  });
  expect(fleet.asked()).toEqual(["rift Deploy", "rift WatchEvents", "rift GetOperation"]);
  expect(request("Deploy")).toMatchObject({
    spec: { name: "ha", node: "rift", components: [{ name: "api", image: "localhost/ha-api:v1" }] },
    serviceName: "",
    component: "",
    planToken: "",
    onFailure: OnFailure.CONTINUE,
    pull: PullPolicy.MISSING,
    noWait: true,
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test("SERVICE/COMPONENT deploys one component, and the flags reach the agent", async () => {
  const { run, request } = await setup(deploying(), ["api", "web"]);
  expect(await run(["deploy", "ha/web", "--on-failure", "revert", "--pull", "always", "--yes"])).toMatchObject({ exitCode: 0 });
  expect(request("Deploy")).toMatchObject({ component: "web", onFailure: OnFailure.REVERT, pull: PullPolicy.ALWAYS });
});

test("-f goes before the file at its place, and that before the agent's registry", async () => {
  const { run, fleet, request } = await setup();
  const other = fleet.write("other.toml", serviceText("ha", "rift").replaceAll(":v1", ":v9"));
  await run(["deploy", "ha", "-f", other]);
  expect(request("Deploy")).toMatchObject({ spec: { components: [{ image: "localhost/ha-api:v9" }] } });
  const { run: again, request: asked, fleet: second } = await setup();
  await again(["deploy", "shop"]);
  expect(asked("Deploy")).toMatchObject({ serviceName: "shop" });
  expect(asked("Deploy")).not.toHaveProperty("spec");
  expect(second.asked().filter((call) => call.endsWith("ListServices"))).toEqual(["rift ListServices", "orion ListServices"]);
});

test("a service that neither a file nor a registry has is a clear error", async () => {
  const { run, fleet } = await setup();
  const { exitCode, stderr } = await run(["deploy", "shpo"]);
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    `error: There is no service shpo: neither a file ${fleet.folder}/services/shpo.toml nor the registry of a node has it\nhint: did you mean shop?\n`,
  );
  expect((await run(["deploy", "unlike"])).stderr).toContain(
    "hint: write that file, or name another one with -f; 'mcpctl list' shows what there is",
  );
});

test("where a node that could have it is away, nobody says that the service is not there", async () => {
  const fleet = await startFleet({ rift: { listServices: () => ({}) }, orion: null });
  fleets.push(fleet);
  const run = await fleet.run(["deploy", "ha"]);
  expect(run).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/no registry that answered has the service ha; not asked: orion\nhint: /),
  });
});

test("a service on two nodes is told apart by --node", async () => {
  const answers = deploying();
  const fleet = await startFleet({ rift: answers, orion: answers });
  fleets.push(fleet);
  expect((await fleet.run(["deploy", "shop"])).stderr).toBe(
    "error: The service shop is on several nodes: rift, orion\nhint: add --node rift\n",
  );
  expect(await fleet.run(["deploy", "shop", "--node", "orion"])).toMatchObject({ exitCode: 0 });
  expect(fleet.asked().at(-1)).toBe("orion GetOperation");
});

test.each([
  [["deploy", "ha/apo"], 1, "error: Service ha has no component 'apo'\nhint: did you mean api? its components are api\n"],
  [["deploy", "ha", "--node", "orion"], 2, "says that ha runs on rift, not orion\nhint: leave --node out, or change node in the file\n"],
  [["deploy", "shop/nope"], 1, "error: Service shop has no component 'nope'\nhint: its components are api\n"],
  [["deploy", "Ha"], 2, "error: 'Ha' names no service\n"],
  [["deploy", "ha", "-f", "/nowhere.toml"], 1, "/nowhere.toml cannot be read: ENOENT"],
  [["deploy", "ha", "--plan", "--yes"], 2, "cannot be used with"],
  [["deploy", "ha", "--pull", "sometimes"], 2, "Allowed choices are missing, always, never"],
  [["rollback", "ha", "--to", "v1"], 2, "--to 'v1' is no number of a deployment"],
])("%p is refused, and nothing is changed", async (argv, exitCode, message) => {
  const { run, fleet } = await setup();
  expect(await run(argv)).toMatchObject({ exitCode, stdout: "", stderr: expect.stringContaining(message) });
  expect(fleet.asked().filter((call) => !call.endsWith("ListServices"))).toEqual([]);
});

test("a file about another service, one that is not valid, and one whose node nobody knows are refused", async () => {
  const { run, fleet } = await setup();
  const other = fleet.write("other.toml", serviceText("shop", "rift"));
  expect((await run(["deploy", "ha", "-f", other])).stderr).toContain("is about the service shop, not ha");
  const broken = fleet.write("broken.toml", `${serviceText("ha", "rift")}imag = "x"\n`);
  expect(await run(["deploy", "ha", "-f", broken])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("image") });
  const nowhere = fleet.write("nowhere.toml", serviceText("ha", "vela"));
  expect((await run(["deploy", "ha", "-f", nowhere])).stderr).toBe("error: There is no node 'vela'\nhint: nodes are rift, orion\n");
});

test("where some components failed the exit code is 3, and each says why and what to do", async () => {
  const partial = operation(OperationState.PARTIAL).state;
  const { run } = await setup(deploying([deployed, failed], partial), ["api", "web"]);
  const { exitCode, stdout, stderr } = await run(["deploy", "ha"]);
  expect(exitCode).toBe(3);
  expect(stdout).toContain("web        failed");
  expect(stderr).toContain(
    "error: web: the image is not there\nhint: push it first\nerror: The deploy of ha was done in part\nhint: 'mcpctl ops op_1' shows its steps\n",
  );
});

test("where all failed, or the old ones are back, the exit code is 1", async () => {
  const { run } = await setup(deploying([failed], OperationState.FAILED));
  expect(await run(["deploy", "ha"])).toMatchObject({ exitCode: 1 });
  const { run: back } = await setup(deploying([failed], OperationState.ROLLED_BACK, { error: "MCP did not answer" }));
  expect(await back(["deploy", "ha"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("error: The deploy of ha failed, and what was there before is there again: MCP did not answer\n"),
  });
});

test("what a component's own line has said is not said twice, and what there is to know of a good one is a note", async () => {
  const same = { error: "web: the image is not there" };
  const { run } = await setup(deploying([failed], OperationState.FAILED, same));
  expect((await run(["deploy", "ha"])).stderr).toEndWith(
    "hint: push it first\nerror: The deploy of ha failed\nhint: 'mcpctl ops op_1' shows its steps\n",
  );
  const { run: good } = await setup(deploying([{ ...deployed, hint: "nothing served it for 0.9 s" }]));
  expect(await good(["deploy", "ha"])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/\nnote: api: nothing served it for 0.9 s\n$/),
  });
});

test("--plan shows what would change and changes nothing", async () => {
  const { run, fleet } = await setup();
  expect(await run(["deploy", "ha", "--plan"])).toEqual({
    exitCode: 0,
    stdout: "api: replace, start-first\n    image: ha:v1 → ha:v2\n",
    stderr: "",
  });
  expect(await run(["plan", "ha"])).toMatchObject({ exitCode: 0, stdout: "api: replace, start-first\n    image: ha:v1 → ha:v2\n" });
  expect(JSON.parse((await run(["plan", "ha", "-o", "json"])).stdout)).toMatchObject({ planToken: "plan-7" });
  expect(fleet.asked()).toEqual(["rift Plan", "rift Plan", "rift Plan"]);
});

test("a plan that changes nothing says so", async () => {
  const { run } = await setup({ ...deploying(), plan: () => ({ components: [{ component: "api", action: PlannedAction.NONE }] }) });
  expect(await run(["plan", "ha"])).toEqual({ exitCode: 0, stdout: "api: no change\n", stderr: "Nothing would change\n" });
});

test("on a terminal the plan is shown and somebody is asked; the deploy is bound to that plan", async () => {
  const { run, request } = await setup();
  const answered = (answer: string) => ({
    isTerminal: true,
    readLine: async (prompt: string) => (prompt === "Deploy ha on rift? [y/N] " ? answer : "?"),
  });
  const no = await run(["deploy", "ha"], answered(""));
  expect(no).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: expect.stringContaining("image: ha:v1 → ha:v2\nerror: Nothing was deployed\n"),
  });
  expect(request("Deploy")).toBeUndefined();
  expect(await run(["deploy", "ha"], answered("y"))).toMatchObject({ exitCode: 0 });
  expect(request("Deploy")).toMatchObject({ planToken: "plan-7" });
});

test("what the agent refuses is said with its hint: who holds the service and since when", async () => {
  const busy = () => {
    throw new AppError("conflict", "SERVICE_BUSY", "bo deploys ha since 11:58", { hint: "'mcpctl ops op_9' shows it" });
  };
  const { run } = await setup({ ...deploying(), deploy: busy });
  expect(await run(["deploy", "ha"])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: bo deploys ha since 11:58\nhint: 'mcpctl ops op_9' shows it\n",
  });
});

test("--no-wait ends when the deploy is recorded", async () => {
  const { run, fleet } = await setup();
  expect(await run(["deploy", "ha", "--no-wait"])).toEqual({
    exitCode: 0,
    stdout: "Operation op_1 has begun; 'mcpctl ops op_1' shows it\n",
    stderr: "",
  });
  expect(fleet.asked()).toEqual(["rift Deploy"]);
  expect(JSON.parse((await run(["deploy", "ha", "--no-wait", "-o", "json"])).stdout)).toMatchObject({ operation: { id: "op_1" } });
});

test("Ctrl-C ends the watching and not the deploy", async () => {
  const stop = new AbortController();
  const watching: AgentAnswers = {
    async *watchEvents(_, { signal }) {
      yield { what: { case: "operation", value: { step: step("pull", StepState.RUNNING) } } };
      setImmediate(() => stop.abort());
      await new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
    },
  };
  const { run } = await setup({ ...deploying(), ...watching });
  const { exitCode, stderr } = await run(["deploy", "ha"], { untilInterrupted: () => stop.signal });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error: Nobody watches operation op_1 any more; it goes on\nhint: 'mcpctl ops op_1' shows it\n");
});

test("a connection that breaks while the deploy is asked for is asked again with the same request id", async () => {
  const ids: string[] = [];
  const { run, fleet } = await setup({
    ...deploying(),
    deploy: ({ requestId }) => {
      ids.push(requestId);
      if (ids.length === 1) fleet.agents.rift?.breakConnections();
      return { operation: operation(OperationState.RUNNING) };
    },
  });
  expect(await run(["deploy", "ha"])).toMatchObject({ exitCode: 0 });
  expect(ids).toHaveLength(2);
  expect(ids[1]).toBe(ids[0] ?? "");
});

test("a connection that breaks while the deploy is watched is opened again", async () => {
  let watched = 0;
  const { run, fleet } = await setup({
    ...deploying(),
    async *watchEvents() {
      watched += 1;
      if (watched === 1) fleet.agents.rift?.breakConnections();
      yield { what: { case: "operation", value: { step: step("gate", StepState.DONE) } } };
    },
  });
  expect(await run(["deploy", "ha"])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining("api: waiting until it is healthy done\n"),
  });
  expect(watched).toBe(2);
});

test("a connection that breaks again and again is opened again as long as something comes in between", async () => {
  let watched = 0;
  const { run, fleet } = await setup({
    ...deploying(),
    async *watchEvents() {
      watched += 1;
      yield { what: { case: "operation", value: { step: step("gate", StepState.RUNNING, `look ${watched}`) } } };
      if (watched > 8) return;
      await new Promise(setImmediate);
      fleet.agents.rift?.breakConnections();
      await new Promise(() => {});
    },
  });
  expect(await run(["deploy", "ha"])).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("look 9") });
  expect(watched).toBe(9);
}, 20_000);

test("-o json is the operation as the agent has it", async () => {
  const { run } = await setup();
  expect(JSON.parse((await run(["deploy", "ha", "-o", "json"])).stdout)).toMatchObject({
    operation: { id: "op_1", state: "OPERATION_STATE_SUCCEEDED" },
    results: [{ component: "api", ok: true, deployment: "5" }],
  });
});

test("rollback goes back to the deployment before, or to the one that is named", async () => {
  const { run, request } = await setup(deploying([{ ...deployed, action: "rolled back" }]));
  expect(await run(["rollback", "ha"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("rolled back") });
  expect(request("Rollback")).toMatchObject({ serviceName: "ha", component: "", to: 0n, noWait: true });
  const { run: again, request: asked } = await setup();
  await again(["rollback", "ha/api", "--to", "3"]);
  expect(asked("Rollback")).toMatchObject({ component: "api", to: 3n });
});
