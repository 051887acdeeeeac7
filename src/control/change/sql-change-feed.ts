import type { Kysely } from "kysely";
import type { FeedEvent } from "../../api/feed-event.ts";
import type { Schema } from "../../store/schema.ts";
import type { ChangeFeed } from "./change-log.ts";
import { readFeedEvents, readRevision } from "./feed-rows.ts";

export interface ChangeFeedDeps {
  readonly db: Kysely<Schema>;
  /** How often the revision is looked up; undefined where no other process changes this database. */
  readonly pollMs: number | undefined;
  /** Calls its listener when another process may have changed something; the answer ends that. */
  readonly onWake?: ((listener: () => void) => () => void) | undefined;
  /** The database could not be asked, or a listener threw. */
  readonly onFailure: (thrown: unknown) => void;
}

/** Revisions that are read at once. */
const WINDOW = 500;

/** Opens the feed at the revision that the database is at now. */
export async function openChangeFeed(deps: ChangeFeedDeps): Promise<SqlChangeFeed> {
  return new SqlChangeFeed(deps, await readRevision(deps.db));
}

/**
 * Changes in the order of their revisions: those of this process as they are committed, those of others when the
 * database or the clock says that there may be some. Nothing is heard twice, and nothing is passed over unless it was
 * pruned; then the revisions jump.
 */
export class SqlChangeFeed implements ChangeFeed {
  readonly #deps: ChangeFeedDeps;
  readonly #listeners = new Set<(event: FeedEvent) => void>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  readonly #forgetWake: (() => void) | undefined;
  /** The last revision that every listener has heard of. */
  #delivered: number;
  #catchingUp: Promise<void> | undefined;
  /** Something happened after the catching up had looked. */
  #again = false;
  #closed = false;

  constructor(deps: ChangeFeedDeps, revision: number) {
    this.#deps = deps;
    this.#delivered = revision;
    this.#timer = deps.pollMs === undefined ? undefined : setInterval(() => this.#wake(), deps.pollMs);
    this.#forgetWake = deps.onWake?.(() => this.#wake());
  }

  /** Every listener has heard of all changes up to the answer. Rejects where the database cannot be asked. */
  async revision(): Promise<number> {
    await this.#catchUp();
    return this.#delivered;
  }

  /** `listener` may also hear of changes that were committed just before. */
  subscribe(listener: (event: FeedEvent) => void): () => void {
    // One function may be subscribed twice.
    const own = (event: FeedEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Tells of a change of this process that was committed. */
  announce(event: FeedEvent): void {
    if (this.#catchingUp === undefined && event.revision === this.#delivered + 1) this.#deliver(event);
    else if (event.revision > this.#delivered) this.#wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#forgetWake?.();
    this.#listeners.clear();
    await this.#catchingUp?.catch(() => undefined);
  }

  #wake(): void {
    this.#catchUp().catch(this.#deps.onFailure);
  }

  /** Resolves when all that was committed before this call is delivered. */
  #catchUp(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#again = true;
    this.#catchingUp ??= this.#readOn();
    return this.#catchingUp;
  }

  async #readOn(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        const revision = await readRevision(this.#deps.db);
        while (this.#delivered < revision) await this.#readWindow(revision);
      }
    } finally {
      // With the last look at `#again`, so that nobody waits for a look that has been.
      this.#catchingUp = undefined;
    }
  }

  async #readWindow(revision: number): Promise<void> {
    const events = await readFeedEvents(this.#deps.db, this.#delivered, revision, WINDOW);
    for (const event of events) this.#deliver(event);
    // Without the newest one's entries the rest is not to be had; to go on is better than to stand still.
    if (events.length === 0) this.#deliver({ revision, touched: [] });
  }

  #deliver(event: FeedEvent): void {
    if (event.revision <= this.#delivered) return;
    this.#delivered = event.revision;
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#deps.onFailure(thrown);
      }
    }
  }
}
