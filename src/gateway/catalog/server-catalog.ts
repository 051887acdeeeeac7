import { AppError } from "../../core/app-error.ts";
import type { InitializeResult, Upstream } from "../upstream/upstream.ts";
import { upstreamBroken } from "../upstream/upstream-errors.ts";
import { isUnknownMethod, LIST_KINDS, LISTS, type ListItem, type ListKind, readPage } from "./list-item.ts";

export type ServerLists = Readonly<Record<ListKind, readonly ListItem[]>>;

export interface ServerCatalogOptions {
  readonly handle: string;
  readonly upstream: Upstream;
  readonly limits: CatalogLimits;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
  /** The lists differ from those known before, in these kinds. */
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

/**
 * What one server offers, kept so that listing costs no call.
 *
 * Known lists serve at once, also when the server is away or slow: they are the last known ones then.
 * Readings are in the background, one at a time.
 */
export class ServerCatalog {
  readonly #options: ServerCatalogOptions;
  #lists: ServerLists | undefined;
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
  }

  /** The lists as last read; undefined where none ever was. */
  get lists(): ServerLists | undefined {
    return this.#lists;
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
    return this.#lists !== undefined && this.#options.upstream.status().state !== "ready";
  }

  /** Starts a reading where the known lists are old. Never waits. */
  touch(): void {
    const now = this.#options.monotonicNow();
    const { positiveTtlMs, negativeTtlMs } = this.#options.limits;
    if (now - this.#readAt >= positiveTtlMs && now - this.#failedAt >= negativeTtlMs) void this.refresh();
  }

  /** Reads the lists now; joins a reading that is under way. Never throws: a failure keeps what is known. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
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

  async #read(): Promise<void> {
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
    const known = this.#lists?.[kind];
    if (known === undefined && kind === "tools") throw upstreamBroken(this.#options.handle, "no list of tools");
    return known ?? [];
  }

  async #ask(method: string, cursor: string | undefined, signal: AbortSignal): Promise<string> {
    const answer = await this.#options.upstream.request({
      session: undefined,
      idText: `"mcpctl-list-${this.#nextId++}"`,
      method,
      paramsText: JSON.stringify(cursor === undefined ? {} : { cursor }),
      onNotification: undefined,
      signal,
    });
    return typeof answer === "string" ? answer : new Response(answer).text();
  }

  #take(lists: ServerLists): void {
    const before = this.#lists;
    const changed = LIST_KINDS.filter((kind) => before === undefined || textOf(before[kind]) !== textOf(lists[kind]));
    this.#lists = lists;
    if (changed.length === 0) return;
    this.#revision += 1;
    this.#options.onChange(changed);
  }
}

function textOf(items: readonly ListItem[]): string {
  return items.map((item) => item.text).join("\n");
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
