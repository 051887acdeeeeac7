import type { WorkerMessage } from "./worker-pool.ts";

/** The process that keeps this worker. */
export interface WorkerKeeper {
  tell(message: WorkerMessage): void;
  /** Lets go of it, so that this process can end. */
  leave(): void;
}

/** Without who keeps it a worker would hold the port for ever: it stops as if it had been told to. */
export function workerKeeper(): WorkerKeeper {
  const onLost = () => process.kill(process.pid, "SIGTERM");
  process.once("disconnect", onLost);
  return {
    tell: (message) => void process.send?.(message),
    leave() {
      process.off("disconnect", onLost);
      process.disconnect?.();
    },
  };
}
