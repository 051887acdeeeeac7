/** What is looser than the default is written down wherever somebody decides about a service. */
import { afterEach, expect, test } from "bun:test";
import { OperationState, PlannedAction } from "../../api/agent/contract.ts";
import { parseServiceDefinition } from "../../service-definition/parse-service-definition.ts";
import { toSpec } from "../../service-definition/to-spec.ts";
import { serviceText, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

const LOOSE = `${serviceText("ha", "rift", ["api", "web"])}user = "0"
ports = ["0.0.0.0:80:8080"]

[components.hardening]
cap_add = ["NET_BIND_SERVICE"]
`;
const SAID = [
  "It has the capability NET_BIND_SERVICE.",
  "It runs as root in its container (user 0).",
  "Its port is open beyond this node ('0.0.0.0:80:8080').",
];
const TEXT = `web is looser than the default:\n${SAID.map((line) => `    ${line}\n`).join("")}`;
const PLANNED = "api: replace, start-first\nweb: replace, start-first\n";

/** A node whose agent has the service, and a file of it where one is given. */
async function setup(file: string | undefined, registered = LOOSE) {
  const fleet = await startFleet({
    rift: {
      listServices: () => ({
        services: [{ spec: toSpec(parseServiceDefinition(registered, "f")), components: [{ name: "api" }, { name: "web" }] }],
      }),
      plan: () => ({
        planToken: "p",
        components: ["api", "web"].map((component) => ({ component, action: PlannedAction.REPLACE_START_FIRST })),
      }),
      deploy: () => ({ operation: { id: "op_1", state: OperationState.SUCCEEDED } }),
    },
  });
  fleets.push(fleet);
  if (file !== undefined) fleet.write("services/ha.toml", file);
  return { run: fleet.run, asked: fleet.asked, path: `${fleet.folder}/services/ha.toml` };
}

test.each([
  ["its file", LOOSE],
  ["the agent's registry", undefined],
])("plan says what is looser by %s", async (_, file) => {
  const { run } = await setup(file);
  expect(await run(["plan", "ha"])).toEqual({ exitCode: 0, stdout: `${PLANNED}${TEXT}`, stderr: "" });
  expect(JSON.parse((await run(["plan", "ha", "-o", "json"])).stdout)).toMatchObject({ planToken: "p", loosenings: { web: SAID } });
  expect(await run(["deploy", "ha", "--plan"])).toMatchObject({ stdout: `${PLANNED}${TEXT}` });
  expect(JSON.parse((await run(["deploy", "ha", "--plan", "-o", "json"])).stdout).loosenings).toEqual({ web: SAID });
});

test("a file goes before the registry, and one component is asked about alone", async () => {
  const { run } = await setup(serviceText("ha", "rift", ["api", "web"]));
  expect(await run(["plan", "ha"])).toMatchObject({ stdout: PLANNED });
  expect(JSON.parse((await run(["plan", "ha", "-o", "json"])).stdout).loosenings).toEqual({});
  const { run: again } = await setup(LOOSE);
  expect((await again(["plan", "ha/api"])).stdout).not.toContain("looser");
  expect((await again(["plan", "ha/web"])).stdout).toEndWith(TEXT);
});

test("deploy says it before it asks", async () => {
  const { run, asked } = await setup(LOOSE);
  let shown = "";
  const { stderr } = await run(["deploy", "ha"], {
    isTerminal: true,
    readLine: async (prompt) => {
      shown = prompt;
      return "n";
    },
  });
  expect(shown).toBe("Deploy ha on rift? [y/N] ");
  expect(stderr).toBe(`${PLANNED}${TEXT}error: Nothing was deployed\n`);
  expect(asked()).toEqual(["rift Plan"]);
});

test("where nobody is asked, deploy says it all the same, beside its output", async () => {
  const { run } = await setup(LOOSE);
  const { stdout, stderr } = await run(["deploy", "ha", "--yes", "--no-wait", "-o", "json"]);
  expect(stderr).toBe(TEXT);
  expect(JSON.parse(stdout)).toMatchObject({ operation: { id: "op_1" } });
});

test("service show says it beside the definition", async () => {
  const { run } = await setup(undefined);
  const { stdout, stderr } = await run(["service", "show", "ha"]);
  expect(parseServiceDefinition(stdout, "f")).toEqual(parseServiceDefinition(LOOSE, "f"));
  expect(stderr).toBe(TEXT);
  expect(JSON.parse((await run(["service", "show", "ha", "-o", "json"])).stdout)).toMatchObject({ loosenings: { web: SAID } });
});

test("service validate says it of each file", async () => {
  const { run, path, asked } = await setup(LOOSE);
  expect(await run(["service", "validate"])).toEqual({ exitCode: 0, stdout: `${path}: ha is valid\n${TEXT}`, stderr: "" });
  expect(asked()).toEqual([]);
});

test("run says it of a profile that is looser", async () => {
  const { run } = await setup(undefined);
  const argv = ["run", "localhost/x:1", "--name", "xs", "--port", "8080", "--no-server"];
  expect((await run([...argv, "--profile", "trusted"])).stderr).toContain("xs is looser than the default:\n    It keeps the capabilities");
  expect((await run(argv)).stderr).not.toContain("looser");
});
