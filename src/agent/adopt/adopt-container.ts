import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { ContainerInfo, ContainerState, ImageInfo, Runtime } from "../../runtime/runtime.ts";
import { versionOfImage } from "../../service-definition/image-reference.ts";
import { readWrittenService } from "../../service-definition/read-written-service.ts";
import { type ComponentDefinition, containerNameOf } from "../../service-definition/service-definition.ts";
import { toWritten } from "../../service-definition/to-written.ts";
import type { AdoptResult, FieldDiff } from "../agent-use-cases.ts";
import type { BindGuard } from "../component/bind-guard.ts";
import { containerSpecOf } from "../component/container-spec-of.ts";
import { diffOf } from "../component/diff-of.ts";
import type { AgentIdentity } from "../component/ownership-of.ts";
import { specHashOf } from "../component/spec-hash.ts";
import { KEPT_DEPLOYMENTS } from "../deploy/settle-replacement.ts";
import type { ObservedState, OperationRecord, Registry } from "../registry/registry.ts";
import { definitionOfContainer } from "./definition-of-container.ts";
import type { AdoptionCandidate } from "./plan-adoption.ts";

export interface AdoptionDeps extends AgentIdentity {
  readonly registry: Registry;
  readonly runtime: Pick<Runtime, "list" | "inspect" | "image" | "rename">;
  readonly clock: Clock;
  /** What a deploy asks before it binds a folder; where it would refuse, the adoption says so. */
  readonly guardBinds: BindGuard;
}

/**
 * Takes a container as a component of a service that is in the registry. It goes on running as it is; a name that is not
 * the component's becomes so, before the component is known, so that nobody takes it for gone and makes another one.
 * What is wanted of it is the state it is in. Adopted already: nothing changes.
 */
export async function adoptContainer(
  deps: AdoptionDeps,
  { caller, service }: Pick<OperationRecord, "caller" | "service">,
  candidate: AdoptionCandidate,
): Promise<AdoptResult> {
  const { container, component } = candidate;
  try {
    if (candidate.problem !== undefined) throw refused(container, candidate.problem);
    return { container, component, desired: await adopt(deps, caller, service, candidate), error: "" };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return { container, component, desired: "ignore", error: thrown.message };
  }
}

async function adopt(deps: AdoptionDeps, caller: string, service: string, { id, container, component }: AdoptionCandidate) {
  const { registry, runtime, clock, node } = deps;
  // It may have been renamed already, by an adoption that was broken off.
  const info = await runtime.inspect(id);
  if (info === undefined) throw new AppError("not_found", "CONTAINER_NOT_FOUND", `There is no container ${container}`);
  const known = await registry.component(service, component);
  const name = containerNameOf(service, component);
  if (known !== undefined && known.deployment > 0) {
    if (info.name === name) return known.desired;
    throw new AppError("conflict", "COMPONENT_EXISTS", `${service}/${component} has a container already`);
  }
  const image = await runtime.image(info.imageId);
  const found = await definitionOf(runtime, component, info, image);
  requireSayable(container, found.unsayable);
  requireReadable(node, service, found.component);
  const observed = observedOf(info);
  const desired = observed === "running" ? "running" : "stopped";
  const back = await takeName(runtime, info, name);
  try {
    // One that was declared before keeps what its definition says; the plan tells where the container differs.
    if (known === undefined) await registry.createComponent(service, found.component, desired);
    // Else the agent would stop or start it at once, to bring it to what was declared.
    else await registry.setDesired(service, component, desired);
  } catch (thrown) {
    await back();
    throw thrown;
  }
  const at = clock.now();
  const seen = { containerId: info.id, imageDigest: info.imageDigest, version: versionOfImage(info.image), oomKilled: info.oomKilled };
  const times = { ...(info.startedAt && { startedAt: info.startedAt }), ...(info.exitCode !== undefined && { exitCode: info.exitCode }) };
  await registry.observe([{ service, component, observed, at, ...seen, ...times }]);
  await addFirstDeployment(deps, caller, service, found.component, info, at);
  const differs = differences(service, found.component, info, image).map(({ field }) => `its ${field} differs from the definition`);
  const binds = await bindProblem(deps, service, info);
  const origin = container === name ? `Adopted by ${caller}` : `Adopted by ${caller}, it was called ${container}`;
  const message = [origin, ...found.notes, ...differs, ...binds].join("; ");
  await registry.addEvents([{ at, service, component, kind: "adopted", from: "", to: observed, message }]);
  return desired;
}

/** Where the image's name stands for another image by now, the definition calls it by its id: a deploy would replace it else. */
async function definitionOf(runtime: AdoptionDeps["runtime"], component: string, info: ContainerInfo, image: ImageInfo | undefined) {
  const named = await runtime.image(info.image);
  if (image === undefined || named?.id === image.id) return definitionOfContainer(component, info, image);
  const found = definitionOfContainer(component, info, image, image.id);
  return { ...found, notes: [...found.notes, `${info.image} is another image by now, so the definition has its id`] };
}

function requireSayable(container: string, unsayable: readonly string[]): void {
  if (unsayable.length > 0) throw refused(container, unsayable.join(", and "));
}

/** What is exported has to be read again. Throws `invalid`/`SERVICE_DEFINITION_INVALID`. */
function requireReadable(node: string, service: string, component: ComponentDefinition): void {
  const definition = { name: service, node, active: true, selfHeal: "heal" as const, comment: "", components: [component] };
  readWrittenService(toWritten(definition), { name: containerNameOf(service, component.name) });
}

function refused(container: string, why: string): AppError {
  return new AppError("precondition", "CONTAINER_NOT_ADOPTABLE", `${container} cannot be adopted: ${why}`, {
    hint: "deploy it from a definition, beside it or in its place",
  });
}

function observedOf({ state, name }: ContainerInfo): ObservedState {
  const states: Partial<Record<ContainerState, ObservedState>> = {
    running: "running",
    paused: "running",
    created: "stopped",
    exited: "exited",
  };
  const observed = states[state];
  if (observed !== undefined) return observed;
  throw new AppError("precondition", "CONTAINER_NOT_ADOPTABLE", `${name} is ${state} just now`, { hint: "try again when it has settled" });
}

/** Resolves with what gives the old name back. */
async function takeName(
  runtime: AdoptionDeps["runtime"],
  container: Pick<ContainerInfo, "id" | "name">,
  name: string,
): Promise<() => Promise<void>> {
  if (container.name === name) return async () => {};
  if ((await runtime.inspect(name)) !== undefined) {
    throw new AppError("conflict", "CONTAINER_NAME_TAKEN", `${container.name} would become ${name}, and there is such a container`);
  }
  await runtime.rename(container.id, name);
  return () => runtime.rename(container.id, container.name);
}

async function bindProblem({ guardBinds }: AdoptionDeps, service: string, { spec }: ContainerInfo): Promise<readonly string[]> {
  try {
    await guardBinds(service, spec);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return [`a deploy of it would be refused: ${thrown.message}`];
  }
}

async function addFirstDeployment(
  { registry }: AdoptionDeps,
  caller: string,
  service: string,
  spec: ComponentDefinition,
  { image, imageDigest, imageId }: ContainerInfo,
  at: Date,
): Promise<void> {
  const specHash = specHashOf(containerSpecOf({ service, component: spec, imageId, secrets: spec.secrets }));
  const deployment = { service, component: spec.name, spec, image, imageDigest, imageId, specHash, at, by: caller };
  await registry.addDeployment(deployment, KEPT_DEPLOYMENTS + 1);
}

/** Where a deploy of the definition would change something: what no definition can say, such as a restart policy. */
function differences(
  service: string,
  component: ComponentDefinition,
  info: ContainerInfo,
  image: ImageInfo | undefined,
): readonly FieldDiff[] {
  const names = Object.keys(component.secrets);
  const secrets = Object.fromEntries(names.map((name) => [name, info.spec.env[name] ?? ""]));
  const spec = containerSpecOf({ service, component, imageId: info.imageId, secrets });
  return image === undefined ? [] : diffOf({ spec, image, imageName: component.image, secrets: names }, info);
}
