import type { ComponentRecord, Registry, ServiceRecord } from "../registry/registry.ts";
import { keyOf, type Watched, watchedOf } from "./watched.ts";

/** The components that are watched: as many as the registry has. */
export class WatchList {
  readonly #registry: Pick<Registry, "components" | "component" | "services" | "service">;
  readonly #byKey = new Map<string, Watched>();
  readonly #byContainer = new Map<string, Watched>();

  constructor(registry: Pick<Registry, "components" | "component" | "services" | "service">) {
    this.#registry = registry;
  }

  all(): IterableIterator<Watched> {
    return this.#byKey.values();
  }

  of(service: string | undefined): Watched[] {
    return [...this.#byKey.values()].filter(({ record }) => service === undefined || record.service === service);
  }

  get(service: string, component: string): Watched | undefined {
    return this.#byKey.get(keyOf(service, component));
  }

  byContainer(name: string): Watched | undefined {
    return this.#byContainer.get(name);
  }

  /** Reads all of it, or one service. Answers with what is watched of that then. */
  async read(service: string | undefined, now: number): Promise<readonly Watched[]> {
    const [services, records] = await Promise.all([
      service === undefined ? this.#registry.services() : this.#registry.service(service).then((one) => (one === undefined ? [] : [one])),
      this.#registry.components(service === undefined ? {} : { service }),
    ]);
    const holders = new Map(services.map((holder) => [holder.name, holder]));
    const read = records.flatMap((record) => this.#put(record, holders.get(record.service), now));
    const kept = new Set(read);
    for (const watched of this.of(service)) if (!kept.has(watched)) this.#drop(watched);
    return read;
  }

  /** Reads one; undefined: it is gone. */
  async readOne(service: string, component: string, now: number): Promise<Watched | undefined> {
    const [record, holder] = await Promise.all([this.#registry.component(service, component), this.#registry.service(service)]);
    if (record !== undefined) return this.#put(record, holder, now)[0];
    const known = this.get(service, component);
    if (known !== undefined) this.#drop(known);
    return undefined;
  }

  #put(record: ComponentRecord, holder: ServiceRecord | undefined, now: number): [Watched] | [] {
    if (holder === undefined) return [];
    const known = this.get(record.service, record.name);
    if (known === undefined) {
      const watched = watchedOf(record, holder.selfHeal, now);
      this.#byKey.set(keyOf(record.service, record.name), watched);
      this.#byContainer.set(watched.containerName, watched);
      return [watched];
    }
    // What failed before the operator's word or a new version is no reason to wait after it.
    if (known.record.desired !== record.desired || known.record.deployment !== record.deployment) known.healAttempts = 0;
    known.record = record;
    known.selfHeal = holder.selfHeal;
    return [known];
  }

  #drop(watched: Watched): void {
    this.#byKey.delete(keyOf(watched.record.service, watched.record.name));
    this.#byContainer.delete(watched.containerName);
  }
}
