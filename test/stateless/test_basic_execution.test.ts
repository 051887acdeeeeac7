import { expect } from "bun:test";
import { runChecks } from "../../src/verify/stateless/checks/all-checks.ts";
import { basicCalls } from "../../src/verify/stateless/observe/basic-calls.ts";
import { viewOf, writesOfRunning } from "../../src/verify/stateless/observe-running.ts";
import { STATELESS } from "../../src/verify/stateless/stateless-spec.ts";
import { violationsOf } from "./found-violations.ts";
import { gatewayLab } from "./gateway-lab.ts";
import { requiresContainers } from "./stateless-lab.ts";

const suite = gatewayLab();

async function seen() {
  return { container: await viewOf((await suite.statelessContainer()).info), left: {} };
}

requiresContainers("test_container_starts_with_stateless_constraints", async () => {
  const { info } = await suite.statelessContainer();
  expect(info).toMatchObject({ state: "running", restartPolicy: "no", loosened: [] });
  expect(info.spec).toMatchObject({ readOnly: true, noNewPrivileges: true, mounts: [], imageVolumes: "ignore" });
  expect(info.spec.tmpfs.map(({ target }) => target).sort()).toEqual([...STATELESS.tmpfs].sort());
  expect(violationsOf(await seen())).toEqual([]);
});

requiresContainers("test_read_only_filesystem_enforced", async () => {
  const { kernel } = (await seen()).container;
  if (kernel === undefined) throw new Error("the kernel's view of the container cannot be read here");
  expect(kernel.mounts.find(({ target }) => target === "/")).toMatchObject({ writable: false });
  expect(kernel.uid).toBe(10001);
});

requiresContainers("test_security_options_configured", async () => {
  const outcomes = runChecks(await seen()).filter(({ scenario }) => scenario === "Security hardening");
  expect(outcomes.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
    "cap-drop-all pass",
    "no-new-privileges pass",
    "read-only-root pass",
    "only-tmpfs-writable pass",
    "nothing-loosened pass",
  ]);
});

requiresContainers("test_resource_limits_applied", async () => {
  const { info, kernel } = (await seen()).container;
  expect(info.spec).toMatchObject({ memoryBytes: 512 * 1024 * 1024, cpuMillis: 1000 });
  expect(kernel).toMatchObject({ memoryLimitBytes: 512 * 1024 * 1024, cpuMillis: 1000 });
});

requiresContainers("test_mcp_server_responds_to_requests", async () => {
  const basic = await basicCalls(await suite.deps(), suite.subject(await suite.statelessContainer()));
  expect(basic).toMatchObject({ server: { name: expect.any(String) }, failed: undefined });
  expect(basic.tools?.length).toBeGreaterThan(0);
  expect(basic.calls).toHaveLength(5);
  expect(violationsOf({ ...(await seen()), basic })).toEqual([]);
});

requiresContainers("test_no_filesystem_writes_outside_tmpfs", async () => {
  const started = await suite.statelessContainer();
  const deps = await suite.deps();
  await basicCalls(deps, suite.subject(started));
  const writes = await writesOfRunning(deps, started.name, started.info.pid);
  expect(writes).toMatchObject({ strict: [], refusedInLog: [] });
  expect(violationsOf({ ...(await seen()), writes })).toEqual([]);
});
