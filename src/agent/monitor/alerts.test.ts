import { expect, test } from "bun:test";
import type { Alert, AlertOutcome } from "./alert.ts";
import { AlertSender } from "./alert-sender.ts";
import { settled } from "./fake-timing.fixture.ts";
import { MonitorBench } from "./monitor.fixture.ts";

const MINUTE = 60_000;

test("drift is told once in its cool-down, for each component apart, and its end too", async () => {
  await using bench = new MonitorBench({ cooldownMs: 10 * MINUTE });
  await bench.deployed("web", { components: [{ name: "api" }, { name: "db" }] });
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  await bench.advance(5 * MINUTE);
  expect(bench.alerted).toEqual(["api drift firing"]);
  bench.engine.exit("web-db", 1);
  await bench.advance(1000);
  expect(bench.alerted).toEqual(["api drift firing", "db drift firing"]);
  await bench.engine.start("web-api");
  await bench.advance(1000);
  expect(bench.alerted.at(-1)).toBe("api drift resolved");
  bench.engine.exit("web-api", 1);
  await bench.advance(MINUTE);
  expect(bench.alerted).toHaveLength(3);
  await bench.advance(4 * MINUTE);
  expect(bench.alerted.filter((each) => each === "api drift firing")).toHaveLength(2);
});

test("the command is told all of it in its environment", async () => {
  await using bench = new MonitorBench();
  await bench.deployed("web");
  await bench.monitor.start();
  bench.engine.exit("web-api", 137, { oomKilled: true });
  await bench.advance(150);
  expect(bench.alerts[0]).toEqual({
    MCP_ALERT: "drift",
    MCP_ALERT_STATE: "firing",
    MCP_NODE: "here",
    MCP_SERVICE: "web",
    MCP_COMPONENT: "api",
    MCP_CONTAINER: "web-api",
    MCP_DESIRED: "running",
    MCP_OBSERVED: "exited",
    MCP_HEALTH: "none",
    MCP_EXIT_CODE: "137",
    MCP_OOM_KILLED: "true",
    MCP_EXITS: "1",
    MCP_MESSAGE: "state is exited and should be running (it was killed for want of memory (exit code 137))",
    MCP_AT: bench.alerts[0]?.MCP_AT ?? "",
  });
  expect(Date.parse(bench.alerts[0]?.MCP_AT ?? "")).toBeGreaterThan(0);
});

test("a command that hangs holds up no look, and one that fails is an event", async () => {
  const outcome = Promise.withResolvers<AlertOutcome>();
  await using bench = new MonitorBench({}, { alertCommand: () => outcome.promise });
  await bench.deployed("web", { components: [{ name: "api" }, { name: "db" }] });
  await bench.monitor.start();
  bench.engine.exit("web-api", 1);
  await bench.advance(MINUTE);
  bench.engine.exit("web-db", 1);
  await bench.advance(150);
  expect(await bench.component("web", "db")).toMatchObject({ observed: "exited" });
  outcome.resolve({ ok: false, reason: "/alert: it exited with code 1" });
  await bench.advance(2000);
  expect(await bench.events("alert_failed")).toMatchObject([
    { component: "api", to: "firing", message: "drift: /alert: it exited with code 1" },
    { component: "db" },
  ]);
});

test("a queue that is full gives up its oldest, and says so", async () => {
  const failed: string[] = [];
  const sender = new AlertSender({
    command: (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve({ ok: false, reason: "stopping" }))),
    onFailure: ({ message }, reason) => failed.push(`${message}: ${reason}`),
  });
  for (let number = 0; number < 103; number++) sender.send({ message: String(number), at: new Date(0) } as Alert);
  await settled();
  expect(failed).toEqual(["1: too many alerts wait for the command", "2: too many alerts wait for the command"]);
  await sender.stop();
  expect(failed).toHaveLength(2);
});

test("without a command nothing is kept for it", async () => {
  const sender = new AlertSender({ command: undefined, onFailure: () => {} });
  sender.send({ message: "lost" } as Alert);
  await sender.stop();
});
