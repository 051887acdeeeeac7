import type { ServiceDefinition } from "../service-definition/service-definition.ts";
import type {
  ComponentRecord,
  DeploymentRecord,
  DesiredState,
  OperationRecord,
  ServiceRecord,
  StateEvent,
  StepRecord,
} from "./registry/registry.ts";

/**
 * What an agent can be asked for, in its own words; `rpc/` translates the contract to these. Names are those of services
 * and components on this node. Unknown ones throw `not_found`/`SERVICE_NOT_FOUND` or `COMPONENT_NOT_FOUND`.
 */
export interface AgentUseCases {
  readonly deploys: DeployUseCases;
  readonly lifecycle: LifecycleUseCases;
  readonly status: StatusUseCases;
  readonly adoption: AdoptionUseCases;
  readonly node: NodeUseCases;
}

/** One component's part in an operation. */
export interface ComponentResult {
  readonly component: string;
  readonly ok: boolean;
  /** `deployed`, `unchanged`, `started`, `stopped`, `restarted`, `rolled back`, `removed`, `adopted`, `not begun`, `failed`. */
  readonly action: string;
  readonly error: string;
  readonly hint: string;
  readonly version: string;
  readonly imageDigest: string;
  readonly containerId: string;
  readonly deployment: number;
}

export interface OperationReport {
  readonly operation: OperationRecord;
  readonly steps: readonly StepRecord[];
  /** Empty while it runs. */
  readonly results: readonly ComponentResult[];
}

/** An operation that has begun: it is durable, and goes on whether anybody waits or not. */
export interface BegunOperation {
  readonly id: string;
  /** Resolves when it is over; rejects with `signal` alone. */
  finished(signal?: AbortSignal): Promise<OperationReport>;
}

export type OnFailure = "continue" | "stop" | "revert";
export type PullPolicy = "missing" | "always" | "never";

export interface DeployInput {
  /** A whole definition, or the name of a service that the registry has. */
  readonly what: { readonly definition: ServiceDefinition } | { readonly service: string };
  /** Undefined: all of them. */
  readonly component?: string;
  readonly requestId: string;
  /** Of the plan that was agreed to. A stale one throws `precondition`/`PLAN_STALE`. */
  readonly planToken?: string;
  readonly onFailure: OnFailure;
  readonly pull: PullPolicy;
}

export interface FieldDiff {
  readonly field: string;
  readonly want: string;
  readonly have: string;
}

/** `refused`: a deploy of it would fail before anything is touched. */
export type PlannedAction = "none" | "create" | "replace-start-first" | "replace-stop-first" | "start" | "stop" | "remove" | "refused";

export interface ComponentPlan {
  readonly component: string;
  readonly action: PlannedAction;
  readonly diffs: readonly FieldDiff[];
  /** Why stop-first, or why it is refused. */
  readonly reason: string;
}

export interface Plan {
  readonly token: string;
  readonly components: readonly ComponentPlan[];
}

export interface DeployUseCases {
  deploy(caller: string, input: DeployInput): Promise<BegunOperation>;
  plan(input: Pick<DeployInput, "what" | "component">): Promise<Plan>;
  rollback(
    caller: string,
    input: { readonly service: string; readonly component?: string; readonly to?: number; readonly requestId: string },
  ): Promise<BegunOperation>;
}

export interface LifecycleInput {
  readonly service: string;
  readonly component?: string;
  readonly requestId: string;
}

export interface LifecycleUseCases {
  stop(caller: string, input: LifecycleInput): Promise<BegunOperation>;
  start(caller: string, input: LifecycleInput): Promise<BegunOperation>;
  restart(caller: string, input: LifecycleInput): Promise<BegunOperation>;
  remove(caller: string, input: LifecycleInput): Promise<BegunOperation>;
}

export interface DriftFinding {
  readonly service: string;
  readonly component: string;
  readonly desired: DesiredState;
  readonly observed: ComponentRecord["observed"];
  readonly diffs: readonly FieldDiff[];
  readonly since: Date | undefined;
}

/** A component as it is known, with what is kept for a rollback, newest first. */
export interface ComponentView {
  readonly record: ComponentRecord;
  readonly containerName: string;
  readonly kept: readonly DeploymentRecord[];
  readonly drift: readonly FieldDiff[];
}

export interface ServiceView {
  readonly service: ServiceRecord;
  readonly components: readonly ComponentView[];
  /** The operation that holds it now. */
  readonly operationId: string | undefined;
}

export interface LiveView {
  readonly services: readonly ServiceView[];
  /** Why the engine could not be asked about some; empty where it could. */
  readonly runtimeError: string;
}

export interface OperationChange {
  readonly report: OperationReport;
  /** Undefined: the operation itself. */
  readonly step: StepRecord | undefined;
}

export interface StatusUseCases {
  /** The registry alone. */
  list(service?: string): Promise<readonly ServiceView[]>;
  /** Asks the engine and brings the registry up to date. */
  live(service?: string): Promise<LiveView>;
  drift(service?: string): Promise<readonly DriftFinding[]>;
  events(query: { readonly service?: string; readonly since: Date; readonly newest: number }): Promise<readonly StateEvent[]>;
  /** Stored ones from `since` on, then new ones until `signal`. A reader that is too slow loses the oldest. */
  watchEvents(query: { readonly service?: string; readonly since?: Date; readonly signal: AbortSignal }): AsyncIterable<StateEvent>;
  operation(id: string): Promise<OperationReport>;
  operations(query: { readonly service?: string; readonly limit: number }): Promise<readonly OperationReport[]>;
  /** Every step so far, then each change; ends with the operation. */
  watchOperation(id: string, signal: AbortSignal): AsyncIterable<OperationChange>;
}

export interface SyncResult {
  readonly service: string;
  readonly change: "unchanged" | "created" | "updated" | "failed";
  readonly details: readonly string[];
  readonly error: string;
}

export interface AdoptResult {
  readonly container: string;
  readonly component: string;
  readonly desired: DesiredState;
  readonly error: string;
}

export interface AdoptionUseCases {
  sync(
    caller: string,
    definitions: readonly ServiceDefinition[],
  ): Promise<{ readonly results: readonly SyncResult[]; readonly ignored: readonly string[] }>;
  /** Containers of the name and of `<service>-*`; of several services that fit, the one with the longest name has it. */
  adopt(caller: string, service: string): Promise<readonly AdoptResult[]>;
  adoptOne(
    caller: string,
    input: { readonly service: string; readonly container: string; readonly component?: string },
  ): Promise<AdoptResult>;
}

export interface NodeView {
  readonly nodeName: string;
  readonly runtime: { readonly name: string; readonly version: string; readonly driver: string } | undefined;
  readonly startedAt: Date;
  readonly counts: Readonly<Record<ComponentRecord["observed"], number>>;
  readonly drained: boolean;
  readonly problems: readonly string[];
  readonly diskFreeBytes: number;
  /** Containers that nobody has declared, by name; nothing touches them. */
  readonly undeclared: readonly string[];
}

export interface NodeUseCases {
  status(): Promise<NodeView>;
  drain(
    caller: string,
    input: { readonly stopComponents: boolean; readonly undo: boolean; readonly limitMs: number },
  ): Promise<readonly ComponentResult[]>;
  snapshot(): Promise<{ readonly path: string; readonly size: number }>;
}
