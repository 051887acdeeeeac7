import { randomBytes } from "node:crypto";
import { RedisClient } from "bun";
import { AppError } from "../../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../../core/backoff.ts";
import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import type { Keyring } from "../../session/sealed-id.ts";
import { MAX_LINK_TEXT, parseLinkMessage, parseLinkReply } from "../link-wire.ts";
import { type LinkHandler, type LinkMessage, type LinkReply, NOT_HELD, type ReplicaLink } from "../replica-link.ts";
import { openText, sealText } from "../sealed-text.ts";

export interface RedisLinkOptions {
  readonly self: string;
  /** Of a Redis or Valkey that all replicas share: `redis://…` or `rediss://…`. */
  readonly url: string;
  /** Replicas share it; what passes is sealed with it, so that the store reads and makes none of it. */
  readonly keyring: Keyring;
  /** How long a reply is waited for, in ms. */
  readonly timeoutMs: number;
  /** How long the store may take to answer at the start, in ms. */
  readonly connectTimeoutMs: number;
  readonly onFailure: (error: unknown) => void;
}

const CHANNEL = "mcpctl:link:";
const EVERYBODY = `${CHANNEL}all`;
/** Answers that are waited for at the same time. */
const MAX_WAITING = 10_000;

/** How soon a lost subscription is made again. */
const SUBSCRIBE_AGAIN: BackoffPolicy = { firstMs: 100, maxMs: 5000 };

/**
 * Replicas of one gateway over publish and subscribe of a Redis or Valkey. A message to a replica that is gone is known
 * to be so at once: nobody was subscribed to its channel. Throws `unavailable`/`LINK_UNREACHABLE` where the store cannot
 * be reached.
 */
export async function openRedisLink(options: RedisLinkOptions): Promise<ReplicaLink> {
  const link = new RedisLink(options);
  try {
    await link.open();
    return link;
  } catch (thrown) {
    await link.close();
    throw new AppError("unavailable", "LINK_UNREACHABLE", "The store that links the replicas cannot be reached", { cause: thrown });
  }
}

class RedisLink implements ReplicaLink {
  readonly #options: RedisLinkOptions;
  readonly #publisher: RedisClient;
  readonly #closing = new AbortController();
  readonly #waiting = new Map<string, (reply: LinkReply | undefined) => void>();
  #subscriber: RedisClient | undefined;
  #handle: LinkHandler = async () => NOT_HELD;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#publisher = new RedisClient(options.url, { connectionTimeout: options.connectTimeoutMs, enableOfflineQueue: false });
  }

  async open(): Promise<void> {
    const { connectTimeoutMs } = this.#options;
    const [, lost] = await withinMs(connectTimeoutMs, Promise.all([this.#publisher.connect(), this.#subscribe()]));
    void this.#keepSubscribed(lost);
  }

  get self(): string {
    return this.#options.self;
  }

  async send(holder: string, message: LinkMessage): Promise<LinkReply | undefined> {
    if (holder === this.self || this.#waiting.size >= MAX_WAITING) return undefined;
    const id = randomBytes(12).toString("hex");
    const { promise, resolve } = Promise.withResolvers<LinkReply | undefined>();
    const timer = setTimeout(resolve, this.#options.timeoutMs, undefined);
    this.#waiting.set(id, resolve);
    try {
      const heard = await this.#publish(CHANNEL + holder, { id, from: this.self, text: JSON.stringify(message) });
      return heard ? await promise : undefined;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  tell(message: LinkMessage): void {
    void this.#publish(EVERYBODY, { id: "", from: this.self, text: JSON.stringify(message) });
  }

  receive(handle: LinkHandler): void {
    this.#handle = handle;
  }

  async close(): Promise<void> {
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
    this.#closing.abort();
    this.#subscriber?.close();
    this.#publisher.close();
  }

  /** Bun's client connects again by itself, but does not subscribe again: each subscription has a client of its own. */
  async #subscribe(): Promise<{ readonly closed: Promise<void> }> {
    const { url, connectTimeoutMs } = this.#options;
    const client = new RedisClient(url, { connectionTimeout: connectTimeoutMs, enableOfflineQueue: false, autoReconnect: false });
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    client.onclose = () => resolve();
    this.#subscriber = client;
    await client.connect();
    await client.subscribe([CHANNEL + this.self, EVERYBODY], (text, channel) => void this.#take(text, channel));
    return { closed };
  }

  async #keepSubscribed(first: { readonly closed: Promise<void> }): Promise<void> {
    const { signal } = this.#closing;
    let subscription: { readonly closed: Promise<void> } | undefined = first;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      if (subscription !== undefined) {
        await subscription.closed;
        attempt = 0;
      }
      await waitOrAbort(backoffMs(SUBSCRIBE_AGAIN, attempt, Math.random()), signal);
      subscription = signal.aborted ? undefined : await this.#subscribe().catch((thrown: unknown) => void this.#options.onFailure(thrown));
    }
  }

  /** Takes what was published on one of our channels. */
  async #take(sealed: string, channel: string): Promise<void> {
    const letter = this.#open(sealed, channel);
    if (letter === undefined || letter.from === this.self) return;
    const waiting = this.#waiting.get(letter.id);
    if (waiting !== undefined) return waiting(parseLinkReply(letter.text));
    const message = parseLinkMessage(letter.text);
    if (message === undefined) return;
    const reply = await this.#handle(message);
    if (letter.id !== "") await this.#publish(CHANNEL + letter.from, { id: letter.id, from: this.self, text: JSON.stringify(reply) });
  }

  /** Whether somebody heard it. Never throws. */
  async #publish(channel: string, letter: Letter): Promise<boolean> {
    try {
      return (await this.#publisher.publish(channel, sealText(this.#options.keyring, JSON.stringify(letter), channel))) > 0;
    } catch (thrown) {
      this.#options.onFailure(thrown);
      return false;
    }
  }

  #open(sealed: string, channel: string): Letter | undefined {
    if (sealed.length > 4 * MAX_LINK_TEXT) return undefined;
    const text = openText(this.#options.keyring, sealed, channel);
    return text === undefined ? undefined : (JSON.parse(text) as Letter);
  }
}

/** The client itself goes on trying for longer than a start may take. */
async function withinMs<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new AppError("unavailable", "LINK_UNREACHABLE", "The store of the link did not answer in time")),
    ms,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is sealed: with the id of the question that it asks or answers, empty where none is. */
interface Letter {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}
