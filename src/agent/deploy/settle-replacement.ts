import { AppError } from "../../core/app-error.ts";
import { containerNamesOf } from "../component/container-names.ts";
import { LABELS } from "../component/labels.ts";
import { isForeign } from "../component/ownership-of.ts";
import type { DeploymentRecord } from "../registry/registry.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { observeNow } from "./observe-now.ts";
import { isUp } from "./plan-component.ts";
import type { Replacement } from "./replacement.ts";
import { startContainer } from "./start-container.ts";

/** Beside the current one, so many can be gone back to. */
export const KEPT_DEPLOYMENTS = 5;
/** A client that never ends its call holds up no deploy for longer. */
const DRAIN_LIMIT_MS = 30_000;

export interface CommitInput {
  readonly service: string;
  readonly caller: string;
  readonly replacement: Replacement;
  /** Of a new deployment. */
  readonly made: Pick<DeploymentRecord, "image" | "imageDigest" | "imageId" | "specHash"> | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes the new container the one that counts; it does from the moment on that the registry has its number. Resolves with
 * the deployments that are forgotten.
 */
export async function commitReplacement(deps: EngineDeps, input: CommitInput): Promise<readonly number[]> {
  const { service, replacement, caller, made, signal } = input;
  const { component, number, spec, kind } = replacement;
  const { registry, runtime, clock } = deps;
  await registry.updateSpec(service, spec);
  await registry.setDesired(service, component, "running");
  await observeNow(deps, service, { name: component, image: spec.image }, signal);
  await registry.setHealth(service, component, spec.healthcheck === undefined || kind === "heal" ? "none" : "healthy", "");
  if (kind === "heal") return [];
  if (made !== undefined) await runtime.tagImage(made.imageId, containerNamesOf(service, component).keptImage(number), signal);
  const forgotten = await makeCurrent(deps, input);
  const { deployment } = replacement.before ?? { deployment: 0 };
  const message = `${kind} of ${spec.image} by ${caller}`;
  const event = { kind: "deployed", from: deployment === 0 ? "" : `d${deployment}`, to: `d${number}`, message };
  // An event that is lost undoes nothing.
  await registry.addEvents([{ at: clock.now(), service, component, ...event }]).catch(() => {});
  return forgotten;
}

async function makeCurrent(
  { registry, clock }: EngineDeps,
  { service, replacement, caller, made }: CommitInput,
): Promise<readonly number[]> {
  const { kind, component, number, spec } = replacement;
  if (kind === "rollback" || made === undefined) {
    await registry.setCurrentDeployment(service, component, number);
    return [];
  }
  const deployment = { service, component, spec, ...made, at: clock.now(), by: caller };
  const { forgotten } = await registry.addDeployment(deployment, KEPT_DEPLOYMENTS + 1);
  return forgotten.map((each) => each.number);
}

/** After the commit: the old container is stopped and kept, when no call is in flight there any more. */
export async function retireOld(deps: EngineDeps, service: string, replacement: Replacement, signal: AbortSignal): Promise<void> {
  const { before, component } = replacement;
  const old = before === null ? undefined : await deps.runtime.inspect(before.id, signal);
  if (before === null || old === undefined) return;
  const containers = await ComponentContainers.of(deps, service, component);
  if (isUp(old)) await deps.traffic.drained(old.id, AbortSignal.any([signal, AbortSignal.timeout(DRAIN_LIMIT_MS)]));
  await containers.putAway(old, before.deployment, signal);
}

/** Before the commit: what is new goes, and what was there before is there again, running where it ran. */
export async function restoreOld(deps: EngineDeps, service: string, replacement: Replacement, operationId: string, signal: AbortSignal) {
  const { runtime, registry } = deps;
  const { before, component, registered, number, kept } = replacement;
  const containers = await ComponentContainers.of(deps, service, component);
  for (const name of [containers.names.next, containers.names.current]) {
    const info = await runtime.inspect(name, signal);
    const isNew =
      info !== undefined &&
      info.id !== before?.id &&
      !isForeign(info, deps) &&
      (info.id === kept || info.labels[LABELS.operation] === operationId || info.labels[LABELS.deployment] === String(number));
    if (isNew) await containers.putAway(info, number, signal);
  }
  if (registered !== null) {
    await registry.updateSpec(service, registered.spec);
    await registry.setDesired(service, component, registered.desired);
  }
  if (before === null) return await observeNow(deps, service, { name: component, image: "" }, signal);
  const old = await runtime.inspect(before.id, signal);
  if (old === undefined) {
    throw new AppError("internal", "OLD_CONTAINER_LOST", `The container that served before is gone: ${before.id.slice(0, 12)}`, {
      hint: "deploy again, or roll back",
    });
  }
  if (old.name !== containers.names.current) await runtime.rename(old.id, containers.names.current, signal);
  if (before.ran && !isUp(old)) {
    await startContainer(deps, old.id, signal);
    // Nobody has waited for it.
    await registry.setHealth(service, component, registered?.spec.healthcheck === undefined ? "none" : "starting", "");
  }
  await observeNow(deps, service, { name: component, image: registered?.spec.image ?? "" }, signal);
}
