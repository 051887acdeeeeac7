import { AppError } from "../../core/app-error.ts";
import { LABELS } from "../component/labels.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { explainPortTaken } from "./explain-port-taken.ts";

/**
 * Starts a container. What it binds is looked at again, for the engine follows links anew at each start; what was adopted
 * binds what it did before. Where a port of it is taken, the error says whose it is.
 */
export async function startContainer(
  deps: Pick<EngineDeps, "runtime" | "registry" | "node" | "agent" | "guardBinds">,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const container = await deps.runtime.inspect(name, signal);
  if (container?.labels[LABELS.managed] === "true") await deps.guardBinds(container.labels[LABELS.service] ?? "", container.spec);
  // The engine starts none whose stop was broken off, and stops it a second time.
  if (container?.state === "stopping") await deps.runtime.stop(name, container.spec.stopTimeoutMs, signal);
  await deps.runtime.start(name, signal).catch(async (thrown) => {
    const isTaken = container !== undefined && thrown instanceof AppError && thrown.reason === "PORT_TAKEN";
    throw isTaken ? await explainPortTaken(deps, container, thrown) : thrown;
  });
}

/** Whether what a start threw says that this container will never start: its engine was ended while it started it, or it is stuck. */
export function isBeyondStart(thrown: unknown): boolean {
  return thrown instanceof AppError && (thrown.reason === "CONTAINER_HALF_MADE" || thrown.reason === "CONTAINER_STATE_WRONG");
}
