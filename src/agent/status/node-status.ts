import type { DriftFinding, LiveView, OperationReport, ServiceView, StatusUseCases } from "../agent-use-cases.ts";
import type { Timing } from "../monitor/timing.ts";
import { serviceNotFound } from "../registry/not-found.ts";
import type { Registry, ServiceRecord, StateEvent } from "../registry/registry.ts";
import { componentView, driftFinding, type SeenDrift } from "./component-view.ts";
import { type EventWatch, watchEvents } from "./watch-events.ts";
import { type OperationReports, watchOperation } from "./watch-operation.ts";

/** Who watches the components. */
export interface ComponentObserver {
  /** Asks the engine now, and brings the registry up to date. Answers with why it could not be asked; empty where it could. */
  look(service?: string): Promise<string>;
  /** What was seen to differ, without asking. */
  drift(service: string, component: string): SeenDrift;
}

export interface StatusDeps {
  readonly registry: Pick<Registry, "services" | "service" | "components" | "deployments" | "events" | "operations">;
  readonly observer: ComponentObserver;
  readonly operations: OperationReports;
  readonly timing: Timing;
}

/** An agent runs one operation for each service. */
const RUNNING_READ = 10_000;

/** What can be asked about the services of this node. `drift` tells what the last look saw, and `events` the newest first. */
export class NodeStatus implements StatusUseCases {
  readonly #deps: StatusDeps;

  constructor(deps: StatusDeps) {
    this.#deps = deps;
  }

  async list(service?: string): Promise<readonly ServiceView[]> {
    const services = await this.#services(service);
    const holders = await this.#holders();
    return Promise.all(services.map((each) => this.#view(each, holders.get(each.name))));
  }

  async live(service?: string): Promise<LiveView> {
    // One that is not there is not looked for.
    await this.#services(service);
    const runtimeError = await this.#deps.observer.look(service);
    return { services: await this.list(service), runtimeError };
  }

  async drift(service?: string): Promise<readonly DriftFinding[]> {
    await this.#services(service);
    const { registry, observer } = this.#deps;
    const records = await registry.components(service === undefined ? {} : { service });
    return records.flatMap((record) => driftFinding(record, observer.drift(record.service, record.name)) ?? []);
  }

  async events(query: { readonly service?: string; readonly since: Date; readonly newest: number }): Promise<readonly StateEvent[]> {
    await this.#services(query.service);
    return this.#deps.registry.events(query);
  }

  async *watchEvents(query: EventWatch): AsyncGenerator<StateEvent> {
    await this.#services(query.service);
    yield* watchEvents(this.#deps, query);
  }

  operation(id: string): Promise<OperationReport> {
    return this.#deps.operations.report(id);
  }

  async operations(query: { readonly service?: string; readonly limit: number }): Promise<readonly OperationReport[]> {
    await this.#services(query.service);
    const found = await this.#deps.registry.operations(query);
    return Promise.all(found.map(({ id }) => this.#deps.operations.report(id)));
  }

  watchOperation(id: string, signal: AbortSignal) {
    return watchOperation(this.#deps.operations, id, signal);
  }

  /** Throws `not_found`/`SERVICE_NOT_FOUND` for one that is named and not there. */
  async #services(name: string | undefined): Promise<readonly ServiceRecord[]> {
    if (name === undefined) return this.#deps.registry.services();
    const found = await this.#deps.registry.service(name);
    if (found === undefined) throw serviceNotFound(name);
    return [found];
  }

  async #view(service: ServiceRecord, operationId: string | undefined): Promise<ServiceView> {
    const { registry, observer } = this.#deps;
    const records = await registry.components({ service: service.name });
    const components = records.map(async (record) => {
      const kept = await registry.deployments(record.service, record.name);
      return componentView(record, kept, observer.drift(record.service, record.name));
    });
    return { service, components: await Promise.all(components), operationId };
  }

  /** The operation that runs, by its service. */
  async #holders(): Promise<ReadonlyMap<string, string>> {
    const running = await this.#deps.registry.operations({ running: true, limit: RUNNING_READ });
    return new Map(running.map(({ service, id }) => [service, id]));
  }
}
