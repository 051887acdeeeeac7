import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { syncDirectory } from "../snapshot/durable-file.ts";

/** Whether this node takes deploys and puts right what has stopped. It outlives the agent. */
export interface DrainState {
  readonly drained: boolean;
  /** Durable when it resolves. */
  set(drained: boolean, by: string, at: Date): Promise<void>;
}

/** Keeps it in a file that is there while the node is drained, and says to people since when and by whom. */
export function openDrainState(file: string): DrainState {
  let drained = existsSync(file);
  return {
    get drained() {
      return drained;
    },
    async set(wanted, by, at) {
      if (wanted) await write(file, `Drained by ${by} since ${at.toISOString()}\n`);
      else await rm(file, { force: true });
      await syncDirectory(dirname(file));
      drained = wanted;
    },
  };
}

async function write(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.new`, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

/** Throws `precondition`/`NODE_DRAINED`: it takes no deploys, makes plans, and answers a request that it has had before. */
export function requireUndrained({ drained }: Pick<DrainState, "drained">): void {
  if (!drained) return;
  throw new AppError("precondition", "NODE_DRAINED", "This node is drained and takes no deploys", { hint: "end that with drain --undo" });
}
