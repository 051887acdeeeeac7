import { expect } from "bun:test";
import { isolationRun } from "../../src/verify/stateless/observe/isolation-run.ts";
import { viewOf } from "../../src/verify/stateless/observe-running.ts";
import { titlesOf } from "./found-violations.ts";
import { gatewayLab } from "./gateway-lab.ts";
import { requiresContainers } from "./stateless-lab.ts";

const suite = gatewayLab();

requiresContainers("test_concurrent_requests_are_all_answered", async () => {
  const { together, after } = await isolationRun(await suite.deps(), suite.subject(await suite.statelessContainer()));
  expect(together).toHaveLength(16);
  expect([...together, after].map(({ failed }) => failed)).toEqual(Array.from({ length: 17 }, () => undefined));
});

requiresContainers("test_no_state_leaks_between_concurrent_requests", async () => {
  const started = await suite.statelessContainer();
  const isolation = await isolationRun(await suite.deps(), suite.subject(started));
  // Each client got back what it sent itself, so that a leak would show.
  for (const { canary, received } of isolation.together) expect(received).toContain(canary);
  expect(titlesOf({ container: await viewOf(started.info), isolation, left: {} })).toEqual([]);
});
