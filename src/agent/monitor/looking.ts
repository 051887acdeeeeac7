import { type ErrorCode, toAppError } from "../../core/app-error.ts";
import type { ContainerSummary } from "../../runtime/runtime.ts";
import type { FieldDiff } from "../agent-use-cases.ts";
import { LABELS } from "../component/labels.ts";
import type { OperationRecord, Registry } from "../registry/registry.ts";
import { eachAtMost } from "./each-at-most.ts";
import type { EngineLooks } from "./engine-looks.ts";
import { WATCH_LIMITS } from "./monitor-settings.ts";
import { type Look, observationOf, type Seen } from "./observation-of.ts";
import { takeLook } from "./take-look.ts";
import { within } from "./timing.ts";
import { transitionOf } from "./transition-of.ts";
import type { WatchContext } from "./watch-context.ts";
import type { WatchList } from "./watch-list.ts";
import type { Watched } from "./watched.ts";

export interface LookingOptions {
  readonly context: WatchContext;
  readonly engine: EngineLooks;
  readonly list: WatchList;
  readonly registry: Pick<Registry, "operations">;
  /** A look was taken. */
  readonly onLook: (watched: Watched) => void;
}

/** What a full look has found beside the components. */
export interface FullLook {
  /** Why the engine could not be asked about some; empty where it could. */
  readonly problem: string;
  /** Containers that nobody has declared; undefined: nobody knows. */
  readonly undeclared: readonly string[] | undefined;
}

/** A secret is missing, a path is not allowed: what is declared could not be made anew. */
const ABOUT_DEFINITION: ReadonlySet<ErrorCode> = new Set(["invalid", "not_found", "denied", "precondition"]);
/** How many of a service's operations are searched for one that was not a heal. */
const OPERATIONS_READ = 5;

/**
 * Looks at the engine and makes what it says known: at one component, at a service, or at everything. Looks may overlap; of each component the one
 * that was begun last counts.
 */
export class Looking {
  readonly #options: LookingOptions;
  #lookNumber = 0;

  constructor(options: LookingOptions) {
    this.#options = options;
  }

  /** Looks at one component whole. Answers with why that could not be; empty where it could. */
  async one(service: string, component: string, signal: AbortSignal): Promise<string> {
    const { context, list } = this.#options;
    const known = list.get(service, component) ?? (await list.readOne(service, component, context.timing.monotonicMs()));
    if (known === undefined) return "";
    const problem = await this.#inspect(known, signal, async () => {
      await context.outbox.flush();
      return list.readOne(service, component, context.timing.monotonicMs());
    });
    await context.outbox.flush();
    return problem;
  }

  /** Looks at each component of a service whole. */
  async service(service: string, signal: AbortSignal): Promise<string> {
    const { context, list } = this.#options;
    await context.outbox.flush();
    const problems = new Set<string>();
    await eachAtMost(await list.read(service, context.timing.monotonicMs()), WATCH_LIMITS.inspectsAtOnce, async ({ record }) => {
      problems.add(await this.one(service, record.name, signal));
    });
    return [...problems].filter((problem) => problem !== "").join("; ");
  }

  /** Looks at everything by a list, and whole at what it tells to have changed, and at those that were not for the longest time. */
  async all(signal: AbortSignal): Promise<FullLook> {
    const { context, engine, list } = this.#options;
    const number = ++this.#lookNumber;
    const listing = await engine.list(signal);
    await context.outbox.flush();
    const watched = await list.read(undefined, context.timing.monotonicMs());
    const full = await this.#takeListing(listing, watched, number, signal);
    await context.outbox.flush();
    return full;
  }

  async #takeListing(
    listing: Awaited<ReturnType<EngineLooks["list"]>>,
    watched: readonly Watched[],
    number: number,
    signal: AbortSignal,
  ): Promise<FullLook> {
    if (listing.kind === "away") {
      const look: Look = { kind: "unknown", whose: "engine", reason: listing.reason };
      for (const each of watched) await this.#take(each, look, false, number, signal);
      return { problem: listing.reason, undeclared: undefined };
    }
    if (listing.kind === "hung") {
      await this.#askEach(watched, listing.reason, number, signal);
      return { problem: listing.reason, undeclared: undefined };
    }
    await this.#takeContainers(listing.containers, watched, number, signal);
    return { problem: "", undeclared: this.#undeclared(listing.containers) };
  }

  /** Where nobody is answered for, the engine itself hangs: the others would only wait, each for its whole deadline. */
  async #askEach(watched: readonly Watched[], reason: string, number: number, signal: AbortSignal): Promise<void> {
    let silentInARow = 0;
    await eachAtMost(watched, WATCH_LIMITS.inspectsAtOnce, async (each) => {
      if (silentInARow >= 2 * WATCH_LIMITS.inspectsAtOnce) {
        await this.#take(each, { kind: "unknown", whose: "engine", reason }, false, number, signal);
        return;
      }
      silentInARow = (await this.#inspect(each, signal)) === "" ? 0 : silentInARow + 1;
    });
  }

  async #takeContainers(
    containers: readonly ContainerSummary[],
    watched: readonly Watched[],
    number: number,
    signal: AbortSignal,
  ): Promise<void> {
    const byName = new Map(containers.map((container) => [container.name, container]));
    const whole = new Set(longestAgo(watched));
    const toInspect: Watched[] = [];
    for (const each of watched) {
      const summary = byName.get(each.containerName);
      // Somebody may have renamed what is not there.
      if (whole.has(each) || summary === undefined || hasChanged(each, summary)) toInspect.push(each);
      else if (each.info !== undefined) await this.#take(each, { kind: "found", info: each.info }, false, number, signal);
    }
    await eachAtMost(toInspect, WATCH_LIMITS.inspectsAtOnce, async (each) => void (await this.#inspect(each, signal)));
  }

  #undeclared(containers: readonly ContainerSummary[]): readonly string[] {
    const { list } = this.#options;
    const ours = new Set(list.of(undefined).map(({ last }) => last?.containerId));
    return containers
      .filter(({ id, name, labels }) => {
        const watched = list.byContainer(name);
        if (watched !== undefined) return watched.record.desired === "ignore";
        return !ours.has(id) && labels[LABELS.managed] !== "true";
      })
      .map(({ name }) => name)
      .sort();
  }

  /** `reread` gives the component as it is written after the engine was asked: what is wanted may have changed meanwhile. */
  async #inspect(watched: Watched, signal: AbortSignal, reread?: () => Promise<Watched | undefined>): Promise<string> {
    const number = ++this.#lookNumber;
    const look = await this.#options.engine.one(watched.containerName, watched.last?.containerId, signal);
    const fresh = reread === undefined ? watched : await reread();
    if (fresh !== undefined) await this.#take(fresh, look, true, number, signal);
    return look.kind === "unknown" ? look.reason : "";
  }

  async #take(watched: Watched, look: Look, isWhole: boolean, number: number, signal: AbortSignal): Promise<void> {
    const { context, onLook } = this.#options;
    const { service } = watched.record;
    if (this.#isHeld(watched)) return;
    const fields = isWhole ? await this.#fieldsOf(watched, look, signal) : undefined;
    const seen = observationOf(look, watched.record.desired, context.isProcessAlive);
    const operation = looksChanged(watched.last, seen) ? await this.#newestOperation(service) : undefined;
    if (number < watched.lookNumber || this.#isHeld(watched)) return;
    watched.lookNumber = number;
    watched.isOwed = false;
    const afterOperation = operation !== undefined && operation.id !== watched.operationId && !isOld(operation, watched);
    if (operation !== undefined) watched.operationId = operation.id;
    if (isWhole) watched.inspectedAt = context.timing.monotonicMs();
    takeLook(context, watched, { look, seen, fields, afterOperation });
    onLook(watched);
  }

  #isHeld(watched: Watched): boolean {
    const isHeld = this.#options.context.operations.busy(watched.record.service);
    if (isHeld) watched.isOwed = true;
    return isHeld;
  }

  /** Where it cannot be told for the engine's sake, what was known before holds. */
  async #fieldsOf({ record, fields }: Watched, look: Look, signal: AbortSignal): Promise<readonly FieldDiff[]> {
    if (look.kind === "unknown") return fields;
    if (look.kind === "absent" || record.desired === "ignore") return [];
    const { diffOf, timing, log } = this.#options.context;
    try {
      const found = await within(timing, WATCH_LIMITS.inspectDeadlineMs, signal, (own) => diffOf(record, look.info, own));
      return found === undefined ? fields : found.value;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toAppError(thrown);
      if (!ABOUT_DEFINITION.has(error.code)) {
        log.warn({ err: thrown, service: record.service, component: record.name }, "what a container differs in cannot be told");
        return fields;
      }
      return [{ field: "definition", want: "can be put into effect", have: error.message }];
    }
  }

  /** The newest one that an operator asked for; what heals is the monitor's own. */
  async #newestOperation(service: string): Promise<OperationRecord | undefined> {
    const newest = await this.#options.registry.operations({ service, limit: OPERATIONS_READ });
    return newest.find(({ kind }) => kind !== "heal");
  }
}

function looksChanged(last: Seen | undefined, seen: Seen): boolean {
  return last !== undefined && seen.observed !== "unknown" && transitionOf(last, seen) !== undefined;
}

function isOld({ finishedAt }: OperationRecord, { seenBefore }: Watched): boolean {
  return finishedAt !== undefined && seenBefore !== undefined && finishedAt < seenBefore;
}

function hasChanged({ info, last, isUnknown }: Watched, summary: ContainerSummary): boolean {
  if (info === undefined || isUnknown) return true;
  return info.id !== summary.id || info.state !== summary.state || info.name !== summary.name || last?.containerId !== summary.id;
}

function longestAgo(watched: readonly Watched[]): readonly Watched[] {
  return [...watched].sort((one, other) => one.inspectedAt - other.inspectedAt).slice(0, WATCH_LIMITS.deepPerResync);
}
