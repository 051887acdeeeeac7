import { AppError } from "../../core/app-error.ts";
import type { Ids } from "../../core/ids.ts";
import { type AdoptionOrder, adoptAll } from "../adopt/adopt-all.ts";
import { createAdoption } from "../adopt/adoption.ts";
import { rebuildRegistry } from "../adopt/rebuild-registry.ts";
import type { AdoptionUseCases, AdoptResult, DeployUseCases, LifecycleUseCases } from "../agent-use-cases.ts";
import { createDeploys } from "../deploy/create-deploys.ts";
import { type DeployOrder, deployService } from "../deploy/deploy-service.ts";
import { type EngineDeps, ServingContainers } from "../deploy/engine-deps.ts";
import { type HealOptions, healComponent } from "../deploy/heal-component.ts";
import { requireFresh } from "../deploy/plan-service.ts";
import { RECOVER_STEP, resumeOperation } from "../deploy/resume-operation.ts";
import { type RollbackOrder, rollBackService } from "../deploy/roll-back-service.ts";
import { createLifecycle, lifecycleWork } from "../lifecycle/create-lifecycle.ts";
import { stopComponent } from "../lifecycle/stop-component.ts";
import type { HealReason } from "../monitor/decide-heal.ts";
import { outcomeOf, resultOf, withDone } from "../operation/component-result.ts";
import { OperationFeed } from "../operation/operation-feed.ts";
import { Operations, type Work } from "../operation/operations.ts";
import { componentNotFound } from "../registry/not-found.ts";
import type { OperationRecord } from "../registry/registry.ts";

export interface EngineOptions extends Omit<EngineDeps, "serving"> {
  readonly ids: Ids;
  /** Throws where this node takes no deploys, as one that is drained. */
  readonly requireOpen: () => void;
}

/** Whatever changes components on this node, and what others need to know of it. */
export interface Engine {
  readonly deploys: DeployUseCases;
  readonly lifecycle: LifecycleUseCases;
  readonly adoption: AdoptionUseCases;
  readonly feed: OperationFeed;
  readonly runs: Runs;
  /** Takes up what an agent has left, before anything else is done or watched. */
  recover(): Promise<void>;
  /** Fills a registry that was lost. */
  rebuild(): Promise<readonly AdoptResult[]>;
  /** Interrupts what runs; the next start goes on with it. */
  close(): Promise<void>;
}

export interface Runs {
  /** Whether something is done to this service just now: what is seen of it meanwhile is no news, and nothing is to be healed. */
  busy(service: string): boolean;
  /** The container that calls go to while a component is replaced; undefined: that of the component's name. */
  serving(service: string, component: string): string | undefined;
  /**
   * Has a component be what is wanted of it: started, made anew, or stopped. Resolves when it is so. Throws
   * `conflict`/`SERVICE_BUSY`, `not_found`/`COMPONENT_NOT_FOUND`, `unavailable`/`HEAL_FAILED`.
   */
  heal(service: string, component: string, reason: HealReason): Promise<void>;
}

/** Who heals, and takes over what a lost registry knew. */
const AGENT = "agent";

export function createEngine({ ids, requireOpen, ...ports }: EngineOptions): Engine {
  const serving = new ServingContainers();
  const deps: EngineDeps = { ...ports, serving };
  const feed = new OperationFeed();
  const { registry, clock } = deps;
  const operations = new Operations({ registry, clock, ids, feed }, (run) => resumeOperation(deps, run, workOf(deps, run.operation)));
  return {
    deploys: createDeploys({ ...deps, operations, requireOpen }),
    lifecycle: createLifecycle({ ...deps, operations }),
    adoption: createAdoption({ ...deps, operations }),
    feed,
    runs: {
      busy: (service) => operations.busy(service),
      serving: (service, component) => serving.get(service, component),
      async heal(service, component, reason) {
        if ((await registry.component(service, component)) === undefined) throw componentNotFound(service, component);
        const options: HealOptions = { recreate: reason === "unhealthy" };
        const request = { kind: "heal", service, component, requestId: "", caller: AGENT, input: options } as const;
        const { operation } = await (await operations.begin(request, healWork(deps, component, options))).finished();
        if (operation.state !== "succeeded") throw new AppError("unavailable", "HEAL_FAILED", operation.error);
      },
    },
    recover: () => operations.recover(),
    rebuild: () => rebuildRegistry({ ...deps, operations }, AGENT),
    close: () => operations.close(),
  };
}

/** What an operation does, told from what the registry has of it. */
function workOf(deps: EngineDeps, { kind, component, input }: OperationRecord): Work {
  const order: unknown = JSON.parse(input);
  switch (kind) {
    case "deploy":
      return async (run, done) => {
        const steps = await deps.registry.steps(run.operation.id);
        // What the operation has done itself makes its plan no older.
        if (steps.every(({ name }) => name === RECOVER_STEP)) await requireFresh(deps, order as DeployOrder);
        return await deployService(deps, run, order as DeployOrder, done);
      };
    case "rollback":
      return (run, done) => rollBackService(deps, run, order as RollbackOrder, done);
    case "heal":
      return healWork(deps, component, order as HealOptions);
    case "adopt":
      return (run) => adoptAll(deps, run, order as AdoptionOrder);
    default:
      return lifecycleWork(deps, kind);
  }
}

function healWork(deps: EngineDeps, component: string, options: HealOptions): Work {
  return async (run, done) => {
    const record = await deps.registry.component(run.operation.service, component);
    // Somebody may have removed it meanwhile.
    if (record === undefined || record.desired === "ignore") return outcomeOf([resultOf(component, "unchanged")]);
    if (record.desired === "stopped") return outcomeOf([await stopComponent(deps, run, record)]);
    return outcomeOf([withDone(await healComponent(deps, run, record, options), done)]);
  };
}
