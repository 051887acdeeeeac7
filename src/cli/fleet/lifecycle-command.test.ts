import { afterEach, expect, test } from "bun:test";
import { OperationState } from "../../api/agent/contract.ts";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { AppError } from "../../core/app-error.ts";
import { loggedOut, serviceText, specOf, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

const answer = (action: string) => () => ({
  operation: { id: "op_2", state: OperationState.SUCCEEDED },
  results: [{ component: "api", ok: true, action }],
});
const ANSWERS: AgentAnswers = {
  stopService: answer("stopped"),
  startService: answer("started"),
  restartService: answer("restarted"),
  listServices: () => ({ services: [{ spec: specOf("shop", "rift"), components: [{ name: "api" }] }] }),
};

async function setup(answers: AgentAnswers = {}, text = serviceText("ha", "rift", ["api", "web"])) {
  const fleet = await startFleet({ rift: { ...ANSWERS, ...answers } });
  fleets.push(fleet);
  fleet.write("services/ha.toml", text);
  return { fleet, text, run: fleet.run, file: () => fleet.read("services/ha.toml") };
}

test("stop writes active = false to the file, keeps its comments, and calls StopService", async () => {
  const { run, fleet, text, file } = await setup();
  const { exitCode, stdout, stderr } = await run(["stop", "ha"]);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: "COMPONENT  RESULT   VERSION  DIGEST  DEPLOYMENT\napi        stopped  -        -       -\n",
  });
  expect(stderr).toMatch(/services\/ha\.toml says active = false now\n$/);
  expect(file()).toBe(text.replace("active = true", "active = false"));
  expect(fleet.agents.rift?.calls).toMatchObject([
    { method: "StopService", request: { serviceName: "ha", component: "", requestId: expect.stringMatching(/^.{36}$/) } },
  ]);
});

test("start writes active = true to the file, and calls StartService", async () => {
  const stopped = serviceText("ha", "rift").replace("active = true", "active = false # for now");
  const { run, fleet, file } = await setup({}, stopped);
  expect(await run(["start", "ha"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("started") });
  expect(file()).toBe(stopped.replace("active = false", "active = true"));
  expect(fleet.asked()).toEqual(["rift StartService"]);
});

test("restart calls RestartService and does not change the file", async () => {
  const { run, fleet, text, file } = await setup();
  expect(await run(["restart", "ha"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("restarted"), stderr: "" });
  expect(file()).toBe(text);
  expect(fleet.asked()).toEqual(["rift RestartService"]);
});

test("of a single component the file stays as it is, and one without a file is found in the registries", async () => {
  const { run, fleet, text, file } = await setup();
  expect(await run(["stop", "ha/web"])).toMatchObject({ exitCode: 0 });
  expect(file()).toBe(text);
  expect(fleet.agents.rift?.calls[0]?.request).toMatchObject({ component: "web" });
  expect(await run(["stop", "shop"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(fleet.has("services/shop.toml")).toBe(false);
});

test("what is wrong before the call changes no file: the node, the component, the token", async () => {
  const { run, fleet, text, file } = await setup();
  expect(await run(["stop", "ha/wbe"])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("did you mean web?") });
  expect(await run(["stop", "ha"], loggedOut)).toMatchObject({ exitCode: 1 });
  fleet.write("services/far.toml", serviceText("far", "vela"));
  expect(await run(["stop", "far"])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("There is no node 'vela'") });
  expect(file()).toBe(text);
  expect(fleet.read("services/far.toml")).toContain("active = true");
  expect(fleet.asked()).toEqual([]);
});

test("a result for each component: where some failed the exit code is 3, where all did 1", async () => {
  const [good, bad] = [
    { component: "api", ok: true, action: "stopped" },
    { component: "web", ok: false, action: "failed", error: "it does not end" },
  ];
  const partly = await setup({ stopService: () => ({ operation: { id: "op", state: OperationState.PARTIAL }, results: [good, bad] }) });
  expect(await partly.run(["stop", "ha"])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("error: web: it does not end\n") });
  const none = await setup({ stopService: () => ({ operation: { id: "op", state: OperationState.FAILED }, results: [bad] }) });
  expect(await none.run(["stop", "ha"])).toMatchObject({ exitCode: 1 });
});

test("what the agent refuses is said, and so is that the file was changed", async () => {
  const refuse = () => {
    throw new AppError("denied", "ROLE_REQUIRED", "User bo has not the role operate", { hint: "an administrator gives it" });
  };
  const { run } = await setup({ stopService: refuse });
  const { exitCode, stderr } = await run(["stop", "ha", "-o", "json"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/says active = false now\nerror: User bo has not the role operate\nhint: an administrator gives it\n$/);
});
