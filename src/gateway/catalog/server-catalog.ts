import { AppError } from "../../core/app-error.ts";
import type { InitializeResult, Upstream } from "../upstream/upstream.ts";
import { upstreamBroken } from "../upstream/upstream-errors.ts";
import { isUnknownMethod, LIST_KINDS, LISTS, type ListItem, type ListKind, readPage } from "./list-item.ts";
import { changedKinds, type Offer, offerOf, type ServerLists } from "./offer.ts";

export interface ServerCatalogOptions {
  readonly handle: string;
  readonly upstream: Upstream;
  /** Tools that the server declares to write are offered. */
  readonly writeTools: boolean;
  readonly limits: CatalogLimits;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  /** The offered lists differ from those before, in these kinds. */
  readonly onChange: (kinds: readonly ListKind[]) => void;
}

export interface CatalogLimits {
  /** How long lists serve before they are read again, in the background. */
  readonly positiveTtlMs: number;
  /** How long a failed reading is not repeated. */
  readonly negativeTtlMs: number;
  /** How long one reading may take. */
  readonly readTimeoutMs: number;
  readonly maxPages: number;
  readonly maxItems: number;
}

export const CATALOG_LIMITS: CatalogLimits = {
  positiveTtlMs: 60_000,
  negativeTtlMs: 5000,
  readTimeoutMs: 15_000,
  maxPages: 100,
  maxItems: 10_000,
};

const EMPTY: ServerLists = { tools: [], prompts: [], resources: [], resourceTemplates: [] };
const NONE: Offer["withheld"] = new Map();

/**
 * What one server offers, kept so that listing costs no call.
 *
 * Known lists serve at once, also when the server is away or slow: they are the last known ones then.
 * Readings are in the background, one at a time.
 */
export class ServerCatalog {
  readonly #options: ServerCatalogOptions;
  #writeTools: boolean;
  /** As the server gave them. */
  #read: ServerLists | undefined;
  #offer: Offer | undefined;
  #initialized: InitializeResult | undefined;
  #revision = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #firstMoment: Promise<void> | undefined;
  /** A change was announced while a reading was under way, which may have missed it. */
  #outdated = false;
  #nextId = 1;

  constructor(options: ServerCatalogOptions) {
    this.#options = options;
    this.#writeTools = options.writeTools;
  }

  /** What is offered of the lists as last read; undefined where none ever was. */
  get lists(): ServerLists | undefined {
    return this.#offer?.lists;
  }

  /** Tools of the server that are not offered, by its own names. */
  get withheld(): Offer["withheld"] {
    return this.#offer?.withheld ?? NONE;
  }

  /** Whether tools that the server declares to write are offered. */
  get writeTools(): boolean {
    return this.#writeTools;
  }

  /** Takes effect at once, on the lists as last read. */
  setWriteTools(writeTools: boolean): void {
    this.#writeTools = writeTools;
    if (this.#read !== undefined) this.#take(this.#read);
  }

  /** What the server last said to `initialize`, where the lists were read. */
  get initialized(): InitializeResult | undefined {
    return this.#initialized;
  }

  /** Changes whenever the lists do. */
  get revision(): number {
    return this.#revision;
  }

  /** The lists are the last known ones: the server cannot be asked now. */
  get stale(): boolean {
    return this.#read !== undefined && this.#options.upstream.status().state !== "ready";
  }

  /** Starts a reading where the known lists are old. Never waits. */
  touch(): void {
    const now = this.#options.monotonicNow();
    const { positiveTtlMs, negativeTtlMs } = this.#options.limits;
    if (now - this.#readAt >= positiveTtlMs && now - this.#failedAt >= negativeTtlMs) void this.refresh();
  }

  /** Reads the lists now; joins a reading that is under way. Never throws: a failure keeps what is known. */
  refresh(): Promise<void> {
    this.#reading ??= this.#readLists().finally(() => {
      this.#reading = undefined;
      const again = this.#outdated;
      this.#outdated = false;
      if (again) void this.refresh();
    });
    return this.#reading;
  }

  /**
   * Resolves when lists that were never read have been, or could not be; after `waitMs` in any case. A server
   * gets that moment once: one that hangs does not delay every list that it is not in. Never throws.
   */
  firstReading(waitMs: number): Promise<void> {
    this.#firstMoment ??= withinMs(waitMs, this.refresh());
    return this.#firstMoment;
  }

  /** The server's lists are not what they were: reads them, after the reading that is under way. Never waits. */
  invalidate(): void {
    if (this.#reading === undefined) void this.refresh();
    else this.#outdated = true;
  }

  /** Reads again, but not lists that are younger than `ageMs`: for a name that is not in them. */
  async refreshOlderThan(ageMs: number): Promise<void> {
    const now = this.#options.monotonicNow();
    if (now - Math.max(this.#readAt, this.#failedAt) >= ageMs) await this.refresh();
  }

  async #readLists(): Promise<void> {
    const deadline = new AbortController();
    const timer = setTimeout(
      () => deadline.abort(new AppError("deadline", "LIST_TIMEOUT", "The lists took too long")),
      this.#options.limits.readTimeoutMs,
    );
    const late = new Promise<never>((_, reject) => deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason)));
    try {
      const lists = await Promise.race([this.#readAll(deadline.signal), late]);
      this.#readAt = this.#options.monotonicNow();
      this.#take(lists);
    } catch {
      this.#failedAt = this.#options.monotonicNow();
    } finally {
      clearTimeout(timer);
    }
  }

  async #readAll(signal: AbortSignal): Promise<ServerLists> {
    const initialized = await this.#options.upstream.ready();
    this.#initialized = initialized;
    const offered = LIST_KINDS.filter((kind) => LISTS[kind].capability in initialized.capabilities);
    const lists = await Promise.all(offered.map(async (kind) => [kind, await this.#readList(kind, signal)] as const));
    return { ...EMPTY, ...Object.fromEntries(lists) };
  }

  async #readList(kind: ListKind, signal: AbortSignal): Promise<readonly ListItem[]> {
    const { maxPages, maxItems } = this.#options.limits;
    const items: ListItem[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < maxPages && items.length < maxItems; page += 1) {
      const answer = await this.#ask(LISTS[kind].method, cursor, signal);
      const read = readPage(kind, answer);
      if (read === undefined) return this.#withoutPage(kind, answer);
      items.push(...read.items);
      cursor = read.nextCursor;
      if (cursor === undefined) break;
    }
    return uniqueByName(items.slice(0, maxItems));
  }

  /** What stands for a list that a server did not give: the last known one, so that an error never empties it. */
  #withoutPage(kind: ListKind, answer: string): readonly ListItem[] {
    // Some servers offer resources and know no templates.
    if (isUnknownMethod(answer)) return [];
    const known = this.#read?.[kind];
    if (known === undefined && kind === "tools") throw upstreamBroken(this.#options.handle, "no list of tools");
    return known ?? [];
  }

  async #ask(method: string, cursor: string | undefined, signal: AbortSignal): Promise<string> {
    const answer = await this.#options.upstream.request({
      peer: undefined,
      era: "legacy",
      idText: `"mcpctl-list-${this.#nextId++}"`,
      method,
      paramsText: JSON.stringify(cursor === undefined ? {} : { cursor }),
      onNotification: undefined,
      onQuestion: undefined,
      signal,
    });
    return typeof answer === "string" ? answer : new Response(answer).text();
  }

  #take(lists: ServerLists): void {
    const offer = offerOf(lists, this.#writeTools);
    const changed = changedKinds(this.#offer, offer);
    this.#read = lists;
    this.#offer = offer;
    if (changed.length === 0) return;
    this.#revision += 1;
    this.#options.onChange(changed);
  }
}

/** The first of two entries with one name counts. */
function uniqueByName(items: readonly ListItem[]): ListItem[] {
  const seen = new Set<string>();
  return items.filter(({ own }) => !seen.has(own) && seen.add(own));
}

async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
