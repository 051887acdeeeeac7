import { dispatchTasksContract } from "./dispatch-tasks.contract.ts";
import { MemoryDispatchTasks } from "./memory-dispatch-tasks.fixture.ts";

dispatchTasksContract("in memory", async (run) => {
  let ms = 0;
  await run(new MemoryDispatchTasks(() => ms), (passed) => {
    ms += passed;
  });
});
