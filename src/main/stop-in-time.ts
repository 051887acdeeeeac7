import type { RoleIo } from "./run-role.ts";

/** From the last call that was waited for to the end of the process, whatever hangs. */
const STOP_LIMIT_MS = 4500;

/** Stops, and ends the process where that takes too long. Resolves with the exit code. */
export async function stopInTime(stop: () => Promise<void>, io: RoleIo): Promise<number> {
  const limit = setTimeout(() => {
    io.stderr("error: something did not stop in time\n");
    process.exit(1);
  }, STOP_LIMIT_MS);
  await stop();
  clearTimeout(limit);
  io.stderr("… stopped\n");
  return 0;
}
