import { afterEach, expect, test } from "bun:test";
import { OperationKind, OperationState, StepState } from "../../api/agent/contract.ts";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { fakeApi } from "../fake-api.fixture.ts";
import { startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

const OPERATION = { id: "op_1", kind: OperationKind.DEPLOY, serviceName: "crm" };

/** A deploy that ends in this state. */
function deploying(state: OperationState = OperationState.SUCCEEDED, ok = true): AgentAnswers {
  const result = { component: "crm", ok, action: ok ? "deployed" : "failed", error: ok ? "" : "it does not answer MCP", deployment: 1n };
  return {
    deploy: () => ({ operation: { ...OPERATION, state: OperationState.RUNNING } }),
    async *watchEvents() {
      const step = { number: 1, component: "crm", name: "gate", state: StepState.DONE };
      yield { what: { case: "operation", value: { operation: { ...OPERATION, state }, step } } };
    },
    getOperation: () => ({ operation: { ...OPERATION, state }, results: [result] }),
  };
}

async function fleetOf(nodes: Readonly<Record<string, AgentAnswers | null>>) {
  const fleet = await startFleet(nodes);
  fleets.push(fleet);
  return fleet;
}

const API_ENV = { MCPCTL_URL: "http://127.0.0.1:3100", MCPCTL_API_TOKEN: "mcpctl_ses_test" };
const withApi = (api: ReturnType<typeof fakeApi>) => ({ fetch: api.fetch, env: API_ENV });

test("an image becomes a hardened service, and a server of a project when it answers", async () => {
  const fleet = await fleetOf({ rift: deploying() });
  const api = fakeApi();
  const words = ["run", "registry.example/crm:1.4", "--port", "8000", "--path", "/x", "--env", "A=b", "-p", "demo", "--", "--verbose"];
  const run = await fleet.run(words, withApi(api));
  expect(run).toMatchObject({ exitCode: 0, stderr: "crm: waiting until it is healthy done\n" });
  expect(run.stdout).toContain("server/crm created\n");
  const backing = { kind: "component", node: "rift", service: "crm", component: "crm", port: 8000, path: "/x" };
  expect(api.tables.servers).toMatchObject([{ handle: "crm", backing, projects: ["demo"] }]);
  const [asked] = fleet.agents.rift?.calls ?? [];
  expect(asked).toMatchObject({ method: "Deploy" });
  const spec = (asked?.request as { spec?: { components: readonly Record<string, unknown>[] } } | undefined)?.spec;
  expect(spec).toMatchObject({ name: "crm", node: "rift", active: true });
  expect(spec?.components[0]).toMatchObject({ name: "crm", image: "registry.example/crm:1.4", cmd: ["--verbose"], env: { A: "b" } });
  expect(spec?.components[0]).toMatchObject({ healthcheck: { probe: { case: "mcp", value: "/x" }, port: 8000 } });
});

test("what does not answer is no server", async () => {
  const fleet = await fleetOf({ rift: deploying(OperationState.FAILED, false) });
  const api = fakeApi();
  const run = await fleet.run(["run", "crm:1"], withApi(api));
  expect(run).toMatchObject({ exitCode: 1 });
  expect(run.stderr).toContain("error: crm: it does not answer MCP");
  expect(api.tables.servers).toEqual([]);
});

test("a package of npm's is made an image first, and its server is called as it is", async () => {
  const fleet = await fleetOf({ rift: deploying() });
  const asked: unknown[] = [];
  const buildNpmImage = async (options: {
    readonly package: unknown;
    readonly bin?: string;
    readonly onProgress: (line: string) => void;
  }) => {
    asked.push(options.package, options.bin);
    options.onProgress("installing it");
    return "localhost/mcpctl/npm/s/server-all:1.0.0";
  };
  const untilInterrupted = () => new AbortController().signal;
  const run = await fleet.run(["run", "npm:@s/server-all@1", "--bin", "all", "--no-server"], { buildNpmImage, untilInterrupted });
  expect([run.exitCode, asked]).toEqual([0, [{ name: "@s/server-all", wanted: "1" }, "all"]]);
  expect(run.stderr).toStartWith("installing it\n");
  const spec = (fleet.agents.rift?.calls[0]?.request as { spec?: { name: string; components: readonly { image: string }[] } } | undefined)
    ?.spec;
  expect([spec?.name, spec?.components[0]?.image]).toEqual(["server-all", "localhost/mcpctl/npm/s/server-all:1.0.0"]);
});

test.each([
  [["run", "npm:../x"], "error: npm:../x is no package of npm's"],
  [["run", "crm", "--port", "0"], "error: --port '0' is no port"],
  [["run", "crm", "--memory", "much"], "error: 'much' is no size"],
  [["run", "crm", "--name", "A"], "error: 'A' names no service"],
  [["run", "crm", "--path", "x"], "error: mcpctl run crm:"],
  [["run", "crm", "--env", "A"], "error: --env is not NAME=VALUE"],
])("%j is refused before anything is done", async (argv, message) => {
  const fleet = await fleetOf({ rift: deploying() });
  const api = fakeApi();
  const run = await fleet.run(argv, withApi(api));
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain(message);
  expect([fleet.asked(), api.calls]).toEqual([[], []]);
});

test("one of several nodes is not guessed, and a server of another kind is not replaced", async () => {
  const fleet = await fleetOf({ rift: deploying(), orion: deploying() });
  const several = await fleet.run(["run", "crm", "--no-server"]);
  expect([several.exitCode, several.stderr]).toEqual([2, "error: There are several nodes\nhint: say which with --node: rift, orion\n"]);
  const api = fakeApi({
    servers: [{ handle: "crm", backing: { kind: "builtin", name: "content" }, enabled: true, rateLimit: null, projects: [] }],
  });
  const taken = await fleet.run(["run", "crm", "--node", "rift"], withApi(api));
  expect(taken.stderr).toContain("There is a server crm already, and it is no component");
  expect(fleet.asked()).toEqual([]);
});
