import { hash } from "node:crypto";
import { canonicalJson } from "../../mcp/canonical-json.ts";
import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import { LABELS } from "../component/labels.ts";
import { isUp } from "./plan-component.ts";

export interface PlannedState {
  readonly component: string;
  readonly wish: ComponentDefinition | undefined;
  /** With the secrets in it. */
  readonly specHash: string;
  readonly have: ContainerInfo | undefined;
  readonly deployment: number;
}

/** Names what a plan was made from, the wish and the state: it is another one as soon as either has changed. */
export function planTokenOf(service: { readonly name: string; readonly active: boolean }, states: readonly PlannedState[]): string {
  const seen = states.map(({ component, wish, specHash, have, deployment }) => ({
    component,
    // What is not said is not in JSON.
    wish: wish === undefined ? null : JSON.parse(JSON.stringify(wish)),
    specHash,
    deployment,
    have: have === undefined ? null : { id: have.id, up: isUp(have), hash: have.labels[LABELS.specHash] ?? "" },
  }));
  return hash("sha256", canonicalJson({ name: service.name, active: service.active, seen }), "hex");
}
