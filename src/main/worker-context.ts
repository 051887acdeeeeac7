import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "../core/app-error.ts";

const contextSchema = z.strictObject({
  index: z.int().min(0),
  /** The port to share; 0 for the first worker, which takes a free one. */
  port: z.int().min(0).max(65_535),
  /** Where the sockets of all workers are, and their key. Nobody else may look into it. */
  folder: z.string().min(1),
});

/** What a worker of `mcplocal serve --workers` is started with, by the process that keeps them. */
export type WorkerContext = z.infer<typeof contextSchema>;

export const WORKER_VARIABLE = "MCPLOCAL_WORKER";
const KEY_FILE = "sessions.key";

/** Undefined: this process is no worker. Throws `invalid`/`WORKER_CONTEXT_INVALID`: the variable is not for people to set. */
export function readWorkerContext(env: Readonly<Record<string, string | undefined>>): WorkerContext | undefined {
  const text = env[WORKER_VARIABLE];
  if (text === undefined || text === "") return undefined;
  try {
    return contextSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError("invalid", "WORKER_CONTEXT_INVALID", `${WORKER_VARIABLE} is set by 'mcplocal serve --workers' alone`, {
      cause,
      hint: `unset ${WORKER_VARIABLE}`,
    });
  }
}

/** The key that seals the sessions of a gateway without an identity: its workers share one, which goes with them. */
export function sharedSessionKey({ folder }: Pick<WorkerContext, "folder">): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, KEY_FILE)));
}

export function sessionKeyFile(folder: string): string {
  return join(folder, KEY_FILE);
}
