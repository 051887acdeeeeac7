import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { Healthcheck } from "../../service-definition/service-definition.ts";

/** The three layers that are told apart: the process runs, its port takes connections, what is behind it answers. */
export type ProbeLayer = "process" | "port" | "answer";

export type ProbeVerdict =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly layer: ProbeLayer; readonly reason: string };

/** Looks once at a container's health, within the check's timeout. Never throws but for `signal`. */
export interface Prober {
  probe(container: ContainerInfo, healthcheck: Healthcheck | undefined, signal?: AbortSignal): Promise<ProbeVerdict>;
}
