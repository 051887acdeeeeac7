import type { ComponentDefinition, SelfHeal, ServiceDefinition } from "../../service-definition/service-definition.ts";

/** What is wanted of a component; `ignore`: nobody has declared it. */
export type DesiredState = "running" | "stopped" | "ignore";
/** `stopped` on purpose, `exited` by itself, `removed`: the engine has it no more, `unknown`: the engine could not be asked. */
export type ObservedState = "running" | "stopped" | "exited" | "removed" | "unknown";
export type Health = "none" | "starting" | "healthy" | "unhealthy";

export interface ServiceRecord {
  readonly name: string;
  readonly node: string;
  readonly active: boolean;
  readonly selfHeal: SelfHeal;
  readonly comment: string;
  readonly updatedAt: Date;
}

/** A component with its spec, what is wanted of it and what was seen of it last. Key: service and name. */
export interface ComponentRecord {
  readonly service: string;
  readonly name: string;
  readonly spec: ComponentDefinition;
  readonly desired: DesiredState;
  readonly observed: ObservedState;
  readonly observedAt: Date | undefined;
  readonly containerId: string | undefined;
  readonly imageDigest: string | undefined;
  /** The tag of the image that runs; empty for none. */
  readonly version: string;
  readonly startedAt: Date | undefined;
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
  readonly health: Health;
  readonly reason: string;
  /** Its current deployment; 0 before the first. */
  readonly deployment: number;
  readonly restarts: number;
  readonly flapping: boolean;
}

/** What a look at the engine says of a component. */
export interface Observation {
  readonly observed: ObservedState;
  readonly at: Date;
  readonly containerId?: string;
  readonly imageDigest?: string;
  readonly version?: string;
  readonly startedAt?: Date;
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
}

/** One version of a component that was put into effect. The last five are kept. */
export interface DeploymentRecord {
  readonly service: string;
  readonly component: string;
  /** Counts up in each component, from 1. */
  readonly number: number;
  readonly spec: ComponentDefinition;
  readonly image: string;
  readonly imageDigest: string;
  readonly imageId: string;
  readonly specHash: string;
  /** The one that was current when this was put into effect: where a rollback goes. 0: it was the first. */
  readonly replaced: number;
  readonly at: Date;
  readonly by: string;
}

export type OperationKind = "deploy" | "rollback" | "stop" | "start" | "restart" | "remove" | "adopt" | "heal";
export type OperationState = "running" | "succeeded" | "failed" | "rolled_back" | "partial";
export type StepState = "running" | "done" | "failed";

export interface OperationRecord {
  readonly id: string;
  readonly kind: OperationKind;
  readonly service: string;
  /** Empty: all of them. */
  readonly component: string;
  readonly state: OperationState;
  readonly requestId: string;
  readonly caller: string;
  /** What was asked for, as JSON: a restarted agent goes on from it. */
  readonly input: string;
  /** Results of its components, as JSON; empty while it runs. */
  readonly results: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
  readonly error: string;
}

export interface StepRecord {
  readonly operationId: string;
  /** Counts up in each operation, from 1. */
  readonly number: number;
  readonly component: string;
  readonly name: string;
  readonly state: StepState;
  /** What the step needs to be undone, as JSON: names and ids. */
  readonly data: string;
  readonly detail: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
}

export interface StateEvent {
  /** Counts up in the whole registry. */
  readonly id: number;
  readonly at: Date;
  readonly service: string;
  /** Empty: of the service. */
  readonly component: string;
  /** `state`, `drift`, `drift_resolved`, `flap`, `flap_resolved`, `health`, `deployed`, `adopted`, `alert_failed`. */
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly message: string;
}

/** Both times are included. */
export interface EventQuery {
  /** Empty or undefined: every one. */
  readonly service?: string;
  readonly component?: string;
  readonly kind?: string;
  readonly since?: Date;
  readonly until?: Date;
  /** Those that were added after the one of this id. */
  readonly after?: number;
  /** Newest first where it is given, else oldest first. */
  readonly newest?: number;
  /** No more than these of the oldest; not together with `newest`. */
  readonly oldest?: number;
}

/**
 * What the agent knows, on disk. Each call is one transaction and durable when it resolves, but for `addEvents` and
 * `observe`, which may lose their last second with the power. Its one adapter is SQLite; two agents never share one.
 */
export interface Registry {
  /** 32 hex digits; made at random with the registry, and the same from then on. */
  agentId(): Promise<string>;
  /** Of a registry that takes the place of one that was lost. */
  setAgentId(id: string): Promise<void>;

  services(): Promise<readonly ServiceRecord[]>;
  service(name: string): Promise<ServiceRecord | undefined>;
  /**
   * Puts a service and its components in place of what was there: new ones are to run where it is active and to be
   * stopped where it is not, known ones get their new spec, and ones that were ignored are wanted as new ones; ones that
   * are not in it any more are ignored from now on and named in the answer: their containers are still there. Throws `conflict`/`COMPONENT_NAME_CLASH` where a container's name is
   * that of another service's.
   */
  saveService(definition: ServiceDefinition, at: Date): Promise<{ readonly created: boolean; readonly gone: readonly string[] }>;
  updateService(name: string, change: Partial<Pick<ServiceRecord, "active" | "selfHeal" | "comment">>, at: Date): Promise<void>;
  /** With its components, deployments and events. Of the operations of services that are gone, the last thousand are kept. */
  deleteService(name: string): Promise<void>;

  components(query?: { readonly service?: string; readonly desired?: DesiredState }): Promise<readonly ComponentRecord[]>;
  component(service: string, name: string): Promise<ComponentRecord | undefined>;
  /** Throws `conflict`/`COMPONENT_EXISTS`, `conflict`/`COMPONENT_NAME_CLASH`, `not_found`/`SERVICE_NOT_FOUND`. */
  createComponent(service: string, spec: ComponentDefinition, desired: DesiredState): Promise<void>;
  updateSpec(service: string, spec: ComponentDefinition): Promise<void>;
  setDesired(service: string, component: string, desired: DesiredState): Promise<void>;
  /**
   * Many at once, as a look at the engine gives them. It replaces what was seen before; only `unknown` leaves the rest of
   * it as it is. Components that are gone meanwhile are passed over.
   */
  observe(seen: readonly (Observation & { readonly service: string; readonly component: string })[]): Promise<void>;
  setHealth(service: string, component: string, health: Health, reason: string): Promise<void>;
  setRestarts(service: string, component: string, restarts: number, flapping: boolean): Promise<void>;
  deleteComponent(service: string, component: string): Promise<void>;

  /** Numbers it, makes it the component's current one, and forgets all but the last `keep`; answers with those that were forgotten. */
  addDeployment(
    deployment: Omit<DeploymentRecord, "number" | "replaced">,
    keep: number,
  ): Promise<{ readonly number: number; readonly forgotten: readonly DeploymentRecord[] }>;
  /** Newest first. */
  deployments(service: string, component: string): Promise<readonly DeploymentRecord[]>;
  setCurrentDeployment(service: string, component: string, number: number): Promise<void>;

  /**
   * Begins an operation where none runs on this service. A request id that is known gives the operation it began, with
   * `isNew: false`; an empty one is never known. The last hundred of each service are kept. Throws `conflict`/`SERVICE_BUSY` with who holds it and since when.
   */
  beginOperation(
    operation: Omit<OperationRecord, "state" | "results" | "finishedAt" | "error">,
  ): Promise<{ readonly operation: OperationRecord; readonly isNew: boolean }>;
  /** The next step; durable before anything is done. */
  beginStep(step: Omit<StepRecord, "number" | "state" | "finishedAt" | "detail">): Promise<number>;
  /** `data` replaces the step's, where it is given. */
  endStep(
    operationId: string,
    number: number,
    end: { readonly state: "done" | "failed"; readonly at: Date; readonly detail?: string; readonly data?: string },
  ): Promise<void>;
  endOperation(
    id: string,
    end: { readonly state: Exclude<OperationState, "running">; readonly results: string; readonly error: string; readonly at: Date },
  ): Promise<void>;
  operation(id: string): Promise<OperationRecord | undefined>;
  /** The operation that a request has begun, as long as it is kept; undefined for an empty id. */
  operationOfRequest(requestId: string): Promise<OperationRecord | undefined>;
  steps(operationId: string): Promise<readonly StepRecord[]>;
  /** Newest first. */
  operations(query: { readonly service?: string; readonly running?: boolean; readonly limit: number }): Promise<readonly OperationRecord[]>;

  addEvents(events: readonly Omit<StateEvent, "id">[]): Promise<void>;
  events(query: EventQuery): Promise<readonly StateEvent[]>;
  countEvents(query: Omit<EventQuery, "newest" | "oldest">): Promise<number>;
  /** Deletes what is older, some thousand at a time so that nobody waits long. Resolves with how many went. */
  pruneEvents(before: Date): Promise<number>;

  /** Writes a whole copy to a file that is not there yet. */
  copyTo(file: string): Promise<void>;
  close(): Promise<void>;
}
