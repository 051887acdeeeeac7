import { afterEach, expect, test } from "bun:test";
import { OperationState } from "../../api/agent/contract.ts";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { serviceText, specOf, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

const COMPONENTS = ["api", "web"].map((name) => ({ name, containerName: `shop-${name}` }));
const ANSWERS: AgentAnswers = {
  listServices: ({ serviceName }) => ({
    services: serviceName === "shop" ? [{ spec: specOf("shop", "rift", ["api", "web"]), components: COMPONENTS }] : [],
  }),
  removeService: ({ component }) => ({
    operation: { id: "op_9", state: OperationState.SUCCEEDED },
    results: (component === "" ? ["web", "api"] : [component]).map((name) => ({ component: name, ok: true, action: "removed" })),
  }),
};

async function setup(answers: AgentAnswers = {}) {
  const fleet = await startFleet({ rift: { ...ANSWERS, ...answers }, orion: { listServices: () => ({}) } });
  fleets.push(fleet);
  const removed = () => fleet.agents.rift?.calls.filter(({ method }) => method === "RemoveService").map(({ request }) => request);
  return { fleet, run: fleet.run, removed };
}

const answering = (answer: string, prompts: string[] = []) => ({
  isTerminal: true,
  readLine: async (prompt: string) => {
    prompts.push(prompt);
    return answer;
  },
});

test("service remove names what goes, asks, and removes the service where its registry has it", async () => {
  const { run, removed } = await setup();
  const prompts: string[] = [];
  const { exitCode, stdout, stderr } = await run(["service", "remove", "shop"], answering("y", prompts));
  expect({ exitCode, prompts }).toEqual({ exitCode: 0, prompts: ["Remove shop from rift? [y/N] "] });
  expect(stderr).toBe("api: container shop-api and what is kept of it\nweb: container shop-web and what is kept of it\n");
  expect(stdout).toContain("web        removed");
  expect(removed()).toMatchObject([{ serviceName: "shop", component: "", requestId: expect.stringMatching(/^.{36}$/) }]);
});

test("what nobody has agreed to is not removed: a no, and no terminal without --yes", async () => {
  const { run, removed } = await setup();
  expect(await run(["service", "remove", "shop"], answering(""))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("error: Nothing was removed\n"),
  });
  expect(await run(["service", "remove", "shop"])).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: "error: Nobody has agreed to remove shop from rift\nhint: add --yes\n",
  });
  expect(removed()).toEqual([]);
});

test("one component goes by itself, and a file that declares it still is said to", async () => {
  const { run, removed, fleet } = await setup();
  const path = fleet.write("services/shop.toml", serviceText("shop", "rift", ["api"]));
  expect(await run(["service", "remove", "shop/web", "--yes"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await run(["service", "remove", "shop/api", "--yes"])).toMatchObject({
    exitCode: 0,
    stderr: `${path} stays, and the next sync or deploy declares it again\n`,
  });
  expect(removed()).toMatchObject([{ component: "web" }, { component: "api" }]);
  expect(fleet.read("services/shop.toml")).toBe(serviceText("shop", "rift", ["api"]));
});

test("an unknown service, an unknown component and what the agent fails with are said, and nothing else is removed", async () => {
  const bad = { component: "api", ok: false, action: "failed", error: "it does not end" };
  const { run, removed } = await setup({
    removeService: () => ({ operation: { id: "op_9", state: OperationState.FAILED }, results: [bad] }),
  });
  expect(await run(["service", "remove", "nope", "--yes"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("No node's registry has the service nope"),
  });
  expect(await run(["service", "remove", "shop/wbe", "--yes"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("did you mean web?"),
  });
  expect(removed()).toEqual([]);
  expect(await run(["service", "remove", "shop", "--yes"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("error: api: it does not end\n"),
  });
});
