import { AppError, toAppError } from "../../core/app-error.ts";
import type { ContainerInfo, ImageInfo } from "../../runtime/runtime.ts";
import { nameTaken } from "../../runtime/runtime-errors.ts";
import { versionOfImage } from "../../service-definition/image-reference.ts";
import type { ComponentResult } from "../agent-use-cases.ts";
import type { Blueprint } from "../component/blueprint.ts";
import { labelled } from "../component/labelled.ts";
import { failedResult, resultOf } from "../operation/component-result.ts";
import type { OperationRun, Progress } from "../operation/operation-run.ts";
import { awaitHealthy } from "./await-healthy.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { COMMIT_STEP, FIRST_STEP, type Replacement } from "./replacement.ts";
import { ServingGap } from "./serving-gap.ts";
import { commitReplacement, restoreOld, retireOld } from "./settle-replacement.ts";
import { isBeyondStart, startContainer } from "./start-container.ts";
import { stopContainer } from "./stop-container.ts";

/** Where the new container comes from: it is made, or it is one that was kept. */
export type NewContainer =
  | { readonly kind: "made"; readonly blueprint: Blueprint; readonly image: ImageInfo }
  | { readonly kind: "kept"; readonly container: ContainerInfo };

export interface ReplaceInput {
  readonly service: string;
  readonly replacement: Replacement;
  readonly source: NewContainer;
  /** What is said of it when it went well. */
  readonly action: ComponentResult["action"];
}

/**
 * Puts a new container in place of a component's old one, prepared first and committed then:
 *
 *     create under <name>.next → [stop the old] → old to <name>.prev → new to <name> → start → gate → commit → old to <name>.d<N>
 *
 * Whatever fails before the commit, what was there before is there again, and nothing else. Whatever fails after it, the new
 * one serves. The new one has its name when it is started, since networks know it by the name of that moment.
 */
export async function replaceComponent(deps: EngineDeps, run: OperationRun, input: ReplaceInput): Promise<ComponentResult> {
  const { service, replacement } = input;
  const gap = new ServingGap(deps.timer);
  try {
    const { info, forgotten } = await putInPlace(deps, run, input, gap);
    const left = await retire(deps, run, input, forgotten);
    return resultOf(replacement.component, input.action, {
      hint: [gap.text, left].filter((text) => text !== "").join("; "),
      version: versionOfImage(replacement.spec.image),
      imageDigest: info?.imageDigest ?? "",
      containerId: info?.id ?? "",
      deployment: replacement.number,
    });
  } catch (thrown) {
    run.requireGoing();
    const { isBack, text } = await restore(deps, run, input);
    gap.end();
    const failed = failedResult(replacement.component, thrown, [text, gap.text].filter((each) => each !== "").join("; "));
    return isBack ? { ...failed, action: "rolled back" } : failed;
  } finally {
    deps.serving.release(service, replacement.component);
  }
}

async function putInPlace(deps: EngineDeps, run: OperationRun, input: ReplaceInput, gap: ServingGap) {
  const { runtime } = deps;
  const { service, replacement, source } = input;
  const { component, before, spec } = replacement;
  const { signal } = run;
  const step = <T>(name: string, act: (progress: Progress) => Promise<T>) => run.step({ component, name }, act);
  const containers = await ComponentContainers.of(deps, service, component);
  const { names } = containers;
  await run.step({ component, name: FIRST_STEP, data: replacement }, () => prepare(deps, run, input, containers));
  if (before?.ran) {
    if (replacement.order === "start-first") deps.serving.hold(service, component, before.id);
    else {
      gap.begin();
      await step("stop_old", () => stopOld(deps, before.id, signal));
    }
  }
  if (before !== null) await step("rename_old", () => runtime.rename(before.id, names.prev, signal));
  await step("rename_new", () => unlessGhost(deps, names.current, () => runtime.rename(names.next, names.current, signal)));
  await step("start_new", (progress) => startNew(deps, run, input, containers, progress));
  const { healthcheck } = spec;
  // What is healed is watched by the monitor: one that takes its time is better than none.
  if (replacement.kind !== "heal")
    await step("gate", (progress) => awaitHealthy(deps, { name: names.current, healthcheck }, progress, signal));
  gap.end();
  const made = source.kind === "made" ? deploymentOf(replacement, source) : undefined;
  const { caller } = run.operation;
  const forgotten = await step(COMMIT_STEP, () => commitReplacement(deps, { service, caller, replacement, made, signal }));
  deps.serving.release(service, component);
  return { info: await runtime.inspect(names.current, signal), forgotten };
}

async function prepare(
  deps: EngineDeps,
  run: OperationRun,
  { service, replacement, source }: ReplaceInput,
  containers: ComponentContainers,
) {
  const { names } = containers;
  const { signal } = run;
  if (source.kind === "kept") {
    const rename = () => deps.runtime.rename(source.container.id, names.next, signal);
    await withoutGhost(deps, names.next, signal, () => unlessGhost(deps, names.next, rename));
    return;
  }
  await withoutGhost(deps, names.next, signal, () => make(deps, run, { service, replacement, source }, names.next));
}

async function make(
  deps: EngineDeps,
  run: OperationRun,
  {
    service,
    replacement,
    source,
  }: Pick<ReplaceInput, "service" | "replacement"> & { readonly source: Extract<NewContainer, { kind: "made" }> },
  name: string,
) {
  const { component, number: deployment } = replacement;
  const { spec, specHash } = source.blueprint;
  const { secrets } = replacement.spec;
  const origin = { node: deps.node, agent: deps.agent, service, component, specHash, deployment, operation: run.operation.id, secrets };
  await unlessGhost(deps, name, () => deps.runtime.create({ ...labelled(spec, origin), name }, run.signal));
}

/** Where the engine was ended in the midst of the start, what it left cannot be started: it is made again, once. */
async function startNew(
  deps: EngineDeps,
  run: OperationRun,
  { service, replacement, source }: ReplaceInput,
  { names }: ComponentContainers,
  progress: Progress,
) {
  const { signal } = run;
  try {
    await startContainer(deps, names.current, signal);
  } catch (thrown) {
    if (!isBeyondStart(thrown)) throw thrown;
    // Of one that was kept there is the image: it is made from that the next time.
    await deps.runtime.remove(names.current, { volumes: true, signal });
    if (source.kind === "kept") throw thrown;
    progress(`made again: ${toAppError(thrown).message}`);
    await make(deps, run, { service, replacement, source }, names.current);
    await startContainer(deps, names.current, signal);
  }
}

/** For a name that nobody but us gives: the ghost that an engine has left which was ended in the midst of a deploy goes, and `act` is tried again. */
async function withoutGhost({ runtime }: EngineDeps, name: string, signal: AbortSignal, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.reason !== "CONTAINER_GHOST") throw thrown;
    await runtime.remove(name, { volumes: true, signal });
    await act();
  }
}

/** A name that is taken by a container that nobody sees is a ghost in the engine's storage (podman#7800). */
async function unlessGhost<T>({ runtime }: EngineDeps, name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.reason !== "CONTAINER_NAME_TAKEN") throw thrown;
    if ((await runtime.inspect(name)) !== undefined) throw nameTaken(name, { holder: "another container", cause: thrown });
    throw new AppError("conflict", "CONTAINER_GHOST", `The engine's storage holds the name ${name} for a container that is not there`, {
      hint: `find it with podman ps -a --external --filter name=${name}, and remove it with podman rm --storage and its id`,
      cause: thrown,
    });
  }
}

async function stopOld({ runtime }: EngineDeps, id: string, signal: AbortSignal): Promise<void> {
  const old = await runtime.inspect(id, signal);
  if (old !== undefined) await stopContainer({ runtime }, old, signal);
}

function deploymentOf({ spec }: Replacement, { blueprint, image }: Extract<NewContainer, { kind: "made" }>) {
  return { image: spec.image, imageDigest: image.digest, imageId: image.id, specHash: blueprint.specHash };
}

/** The new one serves already: what fails here is said and left to the next operation on the component. */
async function retire(
  deps: EngineDeps,
  run: OperationRun,
  { service, replacement }: ReplaceInput,
  forgotten: readonly number[],
): Promise<string> {
  const { component } = replacement;
  try {
    await run.step({ component, name: "retire_old" }, async (progress) => {
      // Two containers of one component are worse than a second try.
      await retireOld(deps, service, replacement, run.signal).catch(async (thrown) => {
        progress(`tried again after: ${toAppError(thrown).message}`);
        await retireOld(deps, service, replacement, run.signal);
      });
      if (forgotten.length > 0) await (await ComponentContainers.of(deps, service, component)).forget(forgotten, run.signal);
    });
    return "";
  } catch (thrown) {
    run.requireGoing();
    return `the old container could not be put aside: ${toAppError(thrown).message}`;
  }
}

/** What became of what was there before, and whether it is there again. */
async function restore(deps: EngineDeps, run: OperationRun, { service, replacement }: ReplaceInput) {
  const { component, before } = replacement;
  try {
    await run.step({ component, name: "restore_old" }, () => restoreOld(deps, service, replacement, run.operation.id, run.signal));
  } catch (thrown) {
    run.requireGoing();
    return { isBack: false, text: `and what was there before could not be brought back: ${toAppError(thrown).message}` };
  }
  if (before === null) return { isBack: false, text: "" };
  return { isBack: true, text: before.ran ? "the version before serves" : "the version before is there as it was" };
}
