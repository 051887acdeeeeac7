import { expect } from "bun:test";
import { kernelView } from "../../src/verify/stateless/linux/kernel-view.ts";
import { strainRun } from "../../src/verify/stateless/observe/strain-run.ts";
import { viewOf } from "../../src/verify/stateless/observe-running.ts";
import { titlesOf } from "./found-violations.ts";
import { gatewayLab } from "./gateway-lab.ts";
import { requiresContainers } from "./stateless-lab.ts";

const suite = gatewayLab();

requiresContainers("test_operates_within_memory_limit", async () => {
  const { info, name } = await suite.statelessContainer();
  const [stats] = await (await suite.deps()).runtime.stats([name]);
  expect(stats).toMatchObject({ memoryLimitBytes: 512 * 1024 * 1024 });
  expect((await kernelView(info.pid))?.memoryPeakBytes).toBeLessThan(512 * 1024 * 1024);
});

requiresContainers("test_cpu_limit_enforced", async () => {
  const { info } = await suite.statelessContainer();
  expect(await kernelView(info.pid)).toMatchObject({ cpuMillis: 1000 });
});

requiresContainers("test_resource_exhaustion_is_survived", async () => {
  const started = await suite.statelessContainer();
  const strain = await strainRun(await suite.deps(), suite.subject(started));
  expect(strain).toMatchObject({ died: undefined, oomKilled: false, requests: 64, answered: 64, after: undefined });
  expect(titlesOf({ container: await viewOf(started.info), strain, left: {} })).toEqual([]);
});
