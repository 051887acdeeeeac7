import { AppError, toAppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Era } from "../../mcp/classify.ts";
import { speaksModern } from "../upstream/speaks-modern.ts";
import type { InitializeResult, Upstream } from "../upstream/upstream.ts";
import { upstreamBroken } from "../upstream/upstream-errors.ts";
import type { KeptLists } from "./kept-lists.ts";
import { isUnknownMethod, LIST_KINDS, LISTS, type ListItem, type ListKind, readPage } from "./list-item.ts";
import { changedKinds, type Offer, offerOf, type ServerLists } from "./offer.ts";
import { isSameRules, offersAll, type ToolRules } from "./tool-rules.ts";

export interface ServerCatalogOptions {
  readonly handle: string;
  readonly upstream: Upstream;
  /** What of its tools is offered. */
  readonly rules: ToolRules;
  readonly limits: CatalogLimits;
  /** Serve until the first reading; undefined: nothing outlives the process. */
  readonly kept?: KeptLists | undefined;
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
  /** Entries of one list that are kept. */
  readonly maxItems: number;
  /** Text of all lists that is kept, in characters. */
  readonly maxChars: number;
}

export const CATALOG_LIMITS: CatalogLimits = {
  positiveTtlMs: 60_000,
  negativeTtlMs: 5000,
  readTimeoutMs: 15_000,
  maxPages: 100,
  maxItems: 10_000,
  maxChars: 8 * 1024 * 1024,
};

/** What a reading leaves out. */
interface Gaps {
  /** Lists that were answered with an error: the last known ones stand for them. */
  readonly unsaid: readonly ListKind[];
  /** There was more than is kept. */
  readonly isCut: boolean;
}

interface Reading extends Gaps {
  readonly era: Era;
  readonly signal: AbortSignal;
  /** Characters that may still be kept. */
  room: number;
  readonly unsaid: ListKind[];
  isCut: boolean;
}

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
  #rules: ToolRules;
  #limits: CatalogLimits;
  /** As the server gave them. */
  #read: ServerLists | undefined;
  #offer: Offer | undefined;
  #initialized: InitializeResult | undefined;
  #era: Era = "legacy";
  #revision = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #problem: AppError | undefined;
  /** The last reading failed, or was not told the tools. */
  #isStale = false;
  /** The server has spoken since a reading failed, so that the next one is worth waiting for. */
  #hopeful = true;
  #reading: Promise<void> | undefined;
  #firstMoment: Promise<void> | undefined;
  #recalling: Promise<void> | undefined;
  /** A change was announced while a reading was under way, which may have missed it. */
  #outdated = false;
  #nextId = 1;

  constructor(options: ServerCatalogOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#limits = options.limits;
  }

  /** What is offered of the lists as last read; undefined where none ever was. */
  get lists(): ServerLists | undefined {
    return this.#offer?.lists;
  }

  /** Tools of the server that are not offered, by its own names. */
  get withheld(): Offer["withheld"] {
    return this.#offer?.withheld ?? NONE;
  }

  /** Whether it takes the server's list to tell which of its tools may be called, and by which name. */
  get needsList(): boolean {
    return !offersAll(this.#rules);
  }

  /** The server's own name of the tool that clients call so; undefined where there is none of this name. */
  ownTool(shown: string): string | undefined {
    const names = this.#offer?.ownNames;
    return names === undefined ? shown : names.get(shown);
  }

  /** What an administrator should know of the rules; undefined where they are as they were meant. */
  get warning(): string | undefined {
    const kept = this.#offer?.keptNames ?? [];
    const changed = [...this.withheld].flatMap(([own, { why }]) => (typeof why === "object" ? [own] : []));
    const told = [
      ...(changed.length === 0 ? [] : [`not offered, since they are not defined as they were approved: ${firstOf(changed)}`]),
      ...(kept.length === 0 ? [] : [`cannot be renamed, since another tool has the name: ${firstOf(kept)}`]),
    ];
    return told.length === 0 ? undefined : told.join("; ");
  }

  /** Takes effect at once, on the lists as last read. */
  setRules(rules: ToolRules): void {
    if (isSameRules(this.#rules, rules)) return;
    this.#rules = rules;
    if (this.#read !== undefined) this.#take(this.#read);
  }

  /** Hold for the readings from now on. */
  setLimits(limits: CatalogLimits): void {
    this.#limits = limits;
  }

  /** What the server last said to `initialize`, where the lists were read. */
  get initialized(): InitializeResult | undefined {
    return this.#initialized;
  }

  /** In whose form the lists are: a server that speaks the modern era gives them in that. */
  get era(): Era {
    return this.#era;
  }

  /** Changes whenever the lists do. */
  get revision(): number {
    return this.#revision;
  }

  /** The lists are the last known ones: the server cannot be asked now, or did not say them when it was. */
  get stale(): boolean {
    if (this.#read === undefined) return false;
    const { state } = this.#options.upstream.status();
    return this.#isStale || (state !== "ready" && state !== "degraded");
  }

  /** Why what the server offers is not known as it should be; undefined where it is. */
  get problem(): AppError | undefined {
    return this.#problem;
  }

  /** Whether the server says of its tool of this name, offered or not, that calling it twice does no harm. */
  isRepeatable(tool: string): boolean {
    return this.#read?.tools.some(({ own, repeatable }) => repeatable && own === tool) === true;
  }

  /** Since the lists were last read; undefined where they never were. */
  get ageMs(): number | undefined {
    return this.#read === undefined ? undefined : this.#options.monotonicNow() - this.#readAt;
  }

  /** Starts a reading where the known lists are old. Never waits. */
  touch(): void {
    const now = this.#options.monotonicNow();
    const { positiveTtlMs, negativeTtlMs } = this.#limits;
    if (now - this.#readAt >= positiveTtlMs && now - this.#failedAt >= negativeTtlMs) void this.refresh();
  }

  /** Reads the lists now; joins a reading that is under way. Never throws: a failure keeps what is known. */
  refresh(): Promise<void> {
    this.#reading ??= this.#readLists().finally(() => {
      this.#reading = undefined;
      const again = this.#outdated;
      this.#outdated = false;
      this.#hopeful ||= again;
      if (again) void this.refresh();
    });
    return this.#reading;
  }

  /**
   * Resolves when lists that were never read have been, or could not be; after `waitMs` in any case. A server
   * gets that moment once: one that hangs does not delay every list that it is not in. Never throws.
   */
  firstReading(waitMs: number): Promise<void> {
    this.#firstMoment ??= withinMs(waitMs, this.firstLists());
    return this.#firstMoment;
  }

  /**
   * What is offered, waiting where that was never read. Only those wait who come before a reading has failed: one that
   * failed is repeated in its time, and by an announcement of the server, but holds nobody up again. Never throws.
   */
  async firstLists(): Promise<ServerLists | undefined> {
    await this.#recall();
    if (this.#read === undefined && this.#hopeful) await this.refresh();
    else this.touch();
    return this.lists;
  }

  /** The server's lists are not what they were: reads them, after the reading that is under way. Never waits. */
  invalidate(): void {
    this.#hopeful = true;
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
      this.#limits.readTimeoutMs,
    );
    const late = new Promise<never>((_, reject) => deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason)));
    await this.#recall();
    try {
      const { lists, reading } = await Promise.race([this.#readAll(deadline.signal), late]);
      this.#readAt = this.#options.monotonicNow();
      this.#problem = problemOf(reading);
      this.#isStale = reading.unsaid.includes("tools");
      this.#era = reading.era;
      this.#take(lists);
      if (this.#problem === undefined) this.#keepForLater(lists);
    } catch (thrown) {
      this.#failedAt = this.#options.monotonicNow();
      this.#problem = unread(toAppError(thrown));
      this.#isStale = true;
      this.#hopeful = false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes what is kept, once and where nothing was read yet: it is old, and better than nothing. */
  #recall(): Promise<void> | undefined {
    const { kept } = this.#options;
    if (kept === undefined || this.#read !== undefined) return this.#recalling;
    this.#recalling ??= kept.read().then((found) => {
      if (found === undefined || this.#read !== undefined) return;
      this.#era = found.era;
      this.#initialized ??= found.initialized;
      this.#isStale = true;
      this.#take(found.lists);
    });
    return this.#recalling;
  }

  #keepForLater(lists: ServerLists): void {
    if (this.#initialized !== undefined) this.#options.kept?.write({ era: this.#era, initialized: this.#initialized, lists });
  }

  async #readAll(signal: AbortSignal): Promise<{ readonly lists: ServerLists; readonly reading: Reading }> {
    const { upstream } = this.#options;
    const initialized = await upstream.ready();
    this.#initialized = initialized;
    const offered = LIST_KINDS.filter((kind) => LISTS[kind].capability in initialized.capabilities);
    const era = speaksModern(upstream, initialized) ? "modern" : "legacy";
    const reading: Reading = { era, signal, room: this.#limits.maxChars, unsaid: [], isCut: false };
    const lists = await Promise.all(offered.map(async (kind) => [kind, await this.#readList(kind, reading)] as const));
    return { lists: { ...EMPTY, ...Object.fromEntries(lists) }, reading };
  }

  async #readList(kind: ListKind, reading: Reading): Promise<readonly ListItem[]> {
    const items: ListItem[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < this.#limits.maxPages; page += 1) {
      const answer = await this.#ask(LISTS[kind].method, cursor, reading);
      const read = readPage(kind, answer);
      if (read === undefined) return this.#withoutPage(kind, answer, reading);
      const isWhole = this.#keep(read.items, items, reading);
      cursor = read.nextCursor;
      if (cursor === undefined && isWhole) return uniqueByName(items);
      if (!isWhole) break;
    }
    reading.isCut = true;
    return uniqueByName(items);
  }

  /** Keeps what there is room for, and says whether that was all. */
  #keep(read: readonly ListItem[], items: ListItem[], reading: Reading): boolean {
    for (const item of read) {
      reading.room -= item.text.length;
      if (reading.room < 0 || items.length >= this.#limits.maxItems) return false;
      items.push(item);
    }
    return true;
  }

  /** What stands for a list that a server did not give: the last known one, so that an error never empties it. */
  #withoutPage(kind: ListKind, answer: string, { unsaid }: Reading): readonly ListItem[] {
    // Some servers offer resources and know no templates.
    if (isUnknownMethod(answer)) return [];
    unsaid.push(kind);
    const known = this.#read?.[kind];
    if (known === undefined && kind === "tools") throw upstreamBroken(this.#options.handle, "no list of tools");
    return known ?? [];
  }

  async #ask(method: string, cursor: string | undefined, { era, signal }: Reading): Promise<string> {
    const answer = await this.#options.upstream.request({
      peer: undefined,
      era,
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
    const offer = offerOf(lists, this.#rules);
    const changed = changedKinds(this.#offer, offer);
    this.#read = lists;
    this.#offer = offer;
    if (changed.length === 0) return;
    this.#revision += 1;
    this.#options.onChange(changed);
  }
}

function firstOf(tools: readonly string[]): string {
  const names = tools.slice(0, 5).map((own) => oneLine(own, 64));
  return `${names.join(", ")}${tools.length > 5 ? ", …" : ""}`;
}

function unread(cause: AppError): AppError {
  return new AppError("unavailable", "LISTS_UNREAD", `its lists could not be read: ${cause.message}`, { cause });
}

function problemOf({ unsaid, isCut }: Gaps): AppError | undefined {
  if (unsaid.length === 0 && !isCut) return undefined;
  const what =
    unsaid.length > 0
      ? `it answered with an error when it was asked for its ${unsaid.join(" and ")}`
      : "its lists are longer than what is kept of them; the rest is not offered";
  return new AppError("unavailable", "LISTS_INCOMPLETE", what);
}

/** The first of two entries with one name counts. */
function uniqueByName(items: readonly ListItem[]): ListItem[] {
  const seen = new Set<string>();
  return items.filter(({ own }) => !seen.has(own) && seen.add(own));
}

async function withinMs(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
