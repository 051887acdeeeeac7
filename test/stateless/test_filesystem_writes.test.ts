import { expect } from "bun:test";
import { basicCalls } from "../../src/verify/stateless/observe/basic-calls.ts";
import { writableRun } from "../../src/verify/stateless/observe/writable-run.ts";
import { readLog } from "../../src/verify/stateless/read-log.ts";
import { gatewayLab } from "./gateway-lab.ts";
import { getContainerFilesystemWrites, requiresContainers } from "./stateless-lab.ts";

const suite = gatewayLab();

requiresContainers("test_nothing_is_written_to_the_read_only_root", async () => {
  const started = await suite.statelessContainer();
  await basicCalls(await suite.deps(), suite.subject(started));
  expect(await getContainerFilesystemWrites(suite, started)).toEqual([]);
  expect(await readLog((await suite.deps()).runtime, started.name)).not.toMatch(/read-only file system/i);
});

requiresContainers("test_nothing_would_be_written_to_a_writable_root", async () => {
  const subject = suite.subject(await suite.statelessContainer());
  const changes = await writableRun(await suite.deps(), await suite.lab(), await suite.spec("writable"), subject);
  expect(changes).toEqual([]);
});

requiresContainers("test_home_is_in_tmpfs", async () => {
  const { info } = await suite.statelessContainer();
  expect(info.spec.env).toMatchObject({ HOME: "/tmp" });
});
