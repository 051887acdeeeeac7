import type { ContainerInfo } from "../../runtime/runtime.ts";
import { exitText } from "../probe/process-fault.ts";
import type { DesiredState, ObservedState } from "../registry/registry.ts";

/** What came of asking the engine for one container. */
export type Look =
  | { readonly kind: "found"; readonly info: ContainerInfo }
  | { readonly kind: "absent" }
  /** `engine`: it answers nobody; `container`: it answers, but not about this one. */
  | { readonly kind: "unknown"; readonly whose: "engine" | "container"; readonly reason: string };

/** A component as it was seen. */
export interface Seen {
  readonly observed: ObservedState;
  readonly containerId: string | undefined;
  readonly imageDigest: string | undefined;
  readonly startedAt: Date | undefined;
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
  /** For people: how it ended, or what is wrong with it though it runs; empty for nothing. */
  readonly reason: string;
  /** What is wrong with it though it runs, so that it should be made anew in a quiet moment; empty for nothing. */
  readonly degraded: string;
}

const NOTHING = {
  containerId: undefined,
  imageDigest: undefined,
  startedAt: undefined,
  exitCode: undefined,
  oomKilled: false,
  degraded: "",
} as const;

/**
 * What a look says of a component. What does not run counts as `stopped` where it is to be stopped or was never started,
 * else it has `exited`. A process that is gone counts as exited whatever the engine says (podman 4.3.1 goes on saying `running`
 * when the container's monitor was killed).
 */
export function observationOf(look: Look, desired: DesiredState, isProcessAlive: ((pid: number) => boolean) | undefined): Seen {
  switch (look.kind) {
    case "absent":
      return { ...NOTHING, observed: "removed", reason: "the engine has no such container" };
    case "unknown":
      return { ...NOTHING, observed: "unknown", reason: look.reason };
    case "found":
      return ofContainer(look.info, desired, isProcessAlive);
  }
}

function ofContainer(info: ContainerInfo, desired: DesiredState, isProcessAlive: ((pid: number) => boolean) | undefined): Seen {
  const base = {
    containerId: info.id,
    imageDigest: info.imageDigest,
    startedAt: info.startedAt,
    exitCode: info.exitCode,
    oomKilled: info.oomKilled,
    degraded: "",
  };
  if (info.state === "unknown") return { ...base, observed: "unknown", reason: "the engine does not know its state" };
  if (isUp(info) && !isGone(info.pid, isProcessAlive)) {
    const degraded = degradedText(info, isProcessAlive);
    return { ...base, exitCode: undefined, oomKilled: false, observed: "running", reason: degraded, degraded };
  }
  const observed = desired === "stopped" || info.state === "created" ? "stopped" : "exited";
  return { ...base, observed, reason: endText(info) };
}

function isUp({ state }: ContainerInfo): boolean {
  return state === "running" || state === "paused" || state === "starting" || state === "stopping";
}

function isGone(pid: number, isProcessAlive: ((pid: number) => boolean) | undefined): boolean {
  return pid > 0 && isProcessAlive?.(pid) === false;
}

function degradedText(info: ContainerInfo, isProcessAlive: ((pid: number) => boolean) | undefined): string {
  if (info.monitorPid !== undefined && isGone(info.monitorPid, isProcessAlive)) {
    return "its monitor (conmon) is gone: the engine would not see it exit, and its exit code would be lost";
  }
  return info.state === "running" || info.state === "starting" ? "" : `it is ${info.state}`;
}

function endText(info: ContainerInfo): string {
  if (info.state === "created") return "it was made and never started";
  return isUp(info) ? `its process ${info.pid} is gone, and the engine has not seen it exit` : exitText(info);
}
