import { join } from "node:path";
import { checkoutFolder } from "./checkout.ts";
import { WORKER_VARIABLE, type WorkerContext } from "./worker-context.ts";
import type { WorkerMessage, WorkerProcess } from "./worker-pool.ts";

/** Starts this program once more, with the same arguments, as a worker. */
export function spawnWorker(
  context: WorkerContext,
  env: Readonly<Record<string, string | undefined>>,
  onMessage: (message: WorkerMessage) => void,
): WorkerProcess {
  const child = Bun.spawn([...ownCommand(), ...process.argv.slice(2)], {
    argv0: "mcplocal",
    env: { ...env, [WORKER_VARIABLE]: JSON.stringify(context) },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    ipc: (message) => onMessage(message as WorkerMessage),
  });
  return {
    exited: child.exited.then(() => {
      const { exitCode, signalCode } = child;
      return { exitCode, reason: exitCode === null ? `it was ended by ${signalCode}` : `it exited with code ${exitCode}` };
    }),
    kill: (signal) => child.kill(signal),
  };
}

/** As bin/mcplocal starts it from a checkout; the executable is its own program. */
function ownCommand(): string[] {
  const checkout = checkoutFolder();
  if (checkout === undefined) return [process.execPath];
  return [process.execPath, "--no-env-file", "--config=/dev/null", join(checkout, "src", "main", "mcplocal.ts")];
}
