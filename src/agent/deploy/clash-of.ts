import type { ContainerPort, ContainerSpec } from "../../runtime/runtime.ts";

/** What two containers cannot both have. */
export interface Clash {
  readonly kind: "port" | "volume";
  readonly text: string;
}

type Parts = Pick<ContainerSpec, "ports" | "mounts">;

/** A port of the host that both want, or something that one writes and both mount; undefined where both can run at once. */
export function clashOf(one: Parts, other: Parts): Clash | undefined {
  const port = one.ports.find((mine) => other.ports.some((theirs) => portsClash(mine, theirs)));
  if (port !== undefined) return { kind: "port", text: `both have the host port ${port.hostPort}/${port.protocol}` };
  const mount = one.mounts.find((mine) =>
    other.mounts.some((theirs) => mine.source === theirs.source && !(mine.readOnly && theirs.readOnly)),
  );
  return mount && { kind: "volume", text: `both have ${mount.source}, and may write there` };
}

export function portsClash(one: ContainerPort, other: ContainerPort): boolean {
  if (one.hostPort !== other.hostPort || one.hostPort === 0 || one.protocol !== other.protocol) return false;
  return one.hostAddress === other.hostAddress || isAny(one.hostAddress) || isAny(other.hostAddress);
}

function isAny(address: string): boolean {
  return address === "" || address === "0.0.0.0" || address === "::";
}
