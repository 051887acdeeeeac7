import { expect } from "bun:test";
import { filesBelow } from "../../src/verify/stateless/linux/container-files.ts";
import { behaviourOf } from "../../src/verify/stateless/observe/behaviour.ts";
import { restartRun } from "../../src/verify/stateless/observe/restart-run.ts";
import { viewOf } from "../../src/verify/stateless/observe-running.ts";
import { STATELESS } from "../../src/verify/stateless/stateless-spec.ts";
import { titlesOf } from "./found-violations.ts";
import { gatewayLab } from "./gateway-lab.ts";
import { requiresContainers } from "./stateless-lab.ts";

const suite = gatewayLab();
let restarted: ReturnType<typeof restart> | undefined;

/** One restart, which the tests of this file look at. */
async function restart() {
  const started = await suite.statelessContainer();
  const deps = await suite.deps();
  const subject = suite.subject(started);
  const first = await behaviourOf(deps, subject);
  return {
    container: await viewOf(started.info),
    ...(await restartRun(deps, await suite.lab(), { subject, pid: started.info.pid, first })),
  };
}

function once() {
  restarted ??= restart();
  return restarted;
}

requiresContainers("test_behaviour_identical_across_restarts", async () => {
  const { restart: run } = await once();
  expect(run.second).toEqual(run.first);
  expect(run.first.rounds[0]).toContain("evo.content.search");
  expect(titlesOf(await once())).toEqual([]);
});

requiresContainers("test_no_cached_data_persists", async () => {
  await once();
  const info = await (await suite.deps()).runtime.inspect((await suite.statelessContainer()).name);
  expect(await filesBelow(info?.pid ?? 0, STATELESS.tmpfs)).toEqual([]);
});

requiresContainers("test_tmpfs_cleared_on_restart", async () => {
  expect((await once()).tmpfs).toEqual({ cleared: true });
});

requiresContainers("test_no_warm_start_effects", async () => {
  const { first } = (await once()).restart;
  expect(new Set(first.rounds).size).toBe(1);
});
