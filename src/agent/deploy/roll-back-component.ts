import { AppError } from "../../core/app-error.ts";
import { imageNotFound } from "../../runtime/runtime-errors.ts";
import type { ComponentResult } from "../agent-use-cases.ts";
import { blueprintOf } from "../component/blueprint.ts";
import { isOwnedBy } from "../component/ownership-of.ts";
import { failedResult, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { ComponentRecord, DeploymentRecord } from "../registry/registry.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { isUp, updateOrderOf } from "./plan-component.ts";
import { type NewContainer, replaceComponent } from "./replace-component.ts";
import type { Replacement } from "./replacement.ts";

/** The deployment to go back to: `to`, or the one that the current one has replaced, or the newest before it. Pure. */
export function rollbackTarget(
  current: number,
  deployments: readonly DeploymentRecord[],
  to: number | undefined,
): DeploymentRecord | undefined {
  const of = (number: number | undefined) => deployments.find((each) => each.number === number && number !== current);
  if (to !== undefined) return of(to);
  const replaced = deployments.find((each) => each.number === current)?.replaced;
  return of(replaced) ?? deployments.find((each) => each.number < current);
}

/** Puts a kept deployment into effect again, without a registry: its container is there, or its image is. */
export async function rollBackComponent(
  deps: EngineDeps,
  run: OperationRun,
  record: Pick<ComponentRecord, "service" | "name">,
  to: number | undefined,
): Promise<ComponentResult> {
  const { service, name } = record;
  try {
    const { deployment = 0 } = (await deps.registry.component(service, name)) ?? {};
    if (deployment === to) return resultOf(name, "unchanged", { deployment });
    const { replacement, source } = await run.step({ component: name, name: "resolve" }, async (progress) => {
      const containers = await ComponentContainers.of(deps, service, name);
      await containers.tidy(run.signal);
      const target = rollbackTarget(containers.owner.deployment, containers.deployments, to);
      if (target === undefined) throw nothingToRollBackTo(service, name, to);
      progress(`d${target.number}, ${target.imageDigest}`);
      const found = await sourceOf(deps, containers, target, run.signal);
      return { replacement: await replacementOf(deps, containers, target, found, run.signal), source: found };
    });
    return await replaceComponent(deps, run, { service, replacement, source, action: "rolled back" });
  } catch (thrown) {
    run.requireGoing();
    return failedResult(name, thrown);
  }
}

export function nothingToRollBackTo(service: string, component: string, to: number | undefined): AppError {
  const which = to === undefined ? "no deployment before its current one" : `no deployment ${to} beside its current one`;
  return new AppError("precondition", "NOTHING_TO_ROLL_BACK_TO", `${service}/${component} has ${which}`, {
    hint: `mcpctl status ${service} shows those that are kept`,
  });
}

async function sourceOf(
  deps: EngineDeps,
  { names, owner }: ComponentContainers,
  target: DeploymentRecord,
  signal: AbortSignal,
): Promise<NewContainer> {
  const { runtime } = deps;
  const container = await runtime.inspect(names.kept(target.number), signal);
  if (container !== undefined && isOwnedBy(container, owner)) return { kind: "kept", container };
  const image = (await runtime.image(names.keptImage(target.number), signal)) ?? (await runtime.image(target.imageId, signal));
  if (image === undefined) throw imageNotFound(`${target.image} of deployment ${target.number}`);
  const blueprint = await blueprintOf(deps, { service: owner.service, component: target.spec, image }, signal);
  return { kind: "made", blueprint, image };
}

async function replacementOf(
  deps: EngineDeps,
  containers: ComponentContainers,
  target: DeploymentRecord,
  source: NewContainer,
  signal: AbortSignal,
): Promise<Replacement> {
  const { service, component, deployment } = containers.owner;
  const have = await containers.current(signal);
  const record = await deps.registry.component(service, component);
  const spec = source.kind === "kept" ? source.container.spec : source.blueprint.spec;
  return {
    kind: "rollback",
    component,
    number: target.number,
    order: have === undefined ? "start-first" : updateOrderOf(target.spec.updateOrder, spec, have).order,
    before: have === undefined ? null : { id: have.id, deployment, ran: isUp(have) },
    kept: source.kind === "kept" ? source.container.id : null,
    registered: record === undefined ? null : { spec: record.spec, desired: record.desired },
    spec: target.spec,
  };
}
