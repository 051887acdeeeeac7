import type { ContainerInfo } from "../../runtime/runtime.ts";

/** Why a container's process does not run; undefined where it does. */
export function processFault(
  container: Pick<ContainerInfo, "state" | "pid" | "exitCode" | "oomKilled" | "spec">,
  isProcessAlive: ((pid: number) => boolean) | undefined,
): string | undefined {
  switch (container.state) {
    case "running":
      // A container whose monitor died is told as running for ever (podman 4.3.1).
      if (container.pid > 0 && isProcessAlive?.(container.pid) === false) return `its process ${container.pid} is gone`;
      return undefined;
    case "exited":
      return exitText(container);
    case "created":
      return "it was made and not started yet";
    case "unknown":
      return "the engine does not know its state";
    default:
      return `it is ${container.state}`;
  }
}

/** How a container ended, for people. Not every engine tells a kill for want of memory from another (conmon 2.1.6 on cgroup v1 does not). */
export function exitText({ exitCode, oomKilled, spec }: Pick<ContainerInfo, "exitCode" | "oomKilled" | "spec">): string {
  if (oomKilled) return `it was killed for want of memory${exitCode === undefined ? "" : ` (exit code ${exitCode})`}`;
  if (exitCode === undefined) return "it ended, and the engine does not know how";
  if (exitCode === 137 && spec.memoryBytes !== undefined) return "it was ended by signal 9, maybe for its memory limit (exit code 137)";
  if (exitCode > 128 && exitCode < 160) return `it was ended by signal ${exitCode - 128} (exit code ${exitCode})`;
  return `it exited with code ${exitCode}`;
}
