import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { EngineDeps } from "./engine-deps.ts";

/** Stops a container; where the engine cannot do that in order, it is killed. Throws what the stop threw where that fails too. */
export async function stopContainer(
  { runtime }: Pick<EngineDeps, "runtime">,
  { id, spec }: Pick<ContainerInfo, "id" | "spec">,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runtime.stop(id, spec.stopTimeoutMs, signal);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    await runtime.kill(id, "SIGKILL", signal).catch(() => {});
    // One that is down by now is left as it is.
    await runtime.stop(id, 0, signal).catch(() => {
      throw thrown;
    });
  }
}
