import { Client, type ClientConfig, escapeIdentifier } from "pg";
import { AppError } from "../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import { parseDatabaseUrl, type ServerUrl } from "../database-url.ts";
import { connectError, connectionConfig } from "./connection-config.ts";

/**
 * `listening`: from now on nothing is missed; what was told before is, so whoever follows a table reads it now.
 * `lost`: the connection is gone or did not come about, and another is on its way.
 */
export type ListenState = { readonly kind: "listening" } | { readonly kind: "lost"; readonly cause: unknown };

export interface Listening {
  /** Closes the connection; nothing is called afterwards. */
  stop(): Promise<void>;
}

export interface ListenTiming {
  readonly backoff: BackoffPolicy;
  /** How often a quiet connection is asked whether it is still there, and how long the answer may take. */
  readonly heartbeatMs: number;
}

const GOODBYE_MS = 1000;
const TIMING: ListenTiming = { backoff: { firstMs: 100, maxMs: 5000 }, heartbeatMs: 10_000 };

/**
 * Calls `onNotify` with the payload of every `notify` on `channel`, over a connection of its own that is opened again
 * whenever it is lost. Returns at once; `onState` tells how it stands. Neither callback may throw.
 * Throws `invalid`: `DATABASE_URL_INVALID`, also for a database that is not Postgres, and `DATABASE_CA_UNREADABLE`.
 */
export function listenPostgres(
  url: string,
  channel: string,
  onNotify: (payload: string) => void,
  onState: (state: ListenState) => void,
  timing: ListenTiming = TIMING,
): Listening {
  const server = parseDatabaseUrl(url);
  if (server.engine !== "postgres") throw new AppError("invalid", "DATABASE_URL_INVALID", "Only a Postgres database tells of its changes");
  const stopping = new AbortController();
  const { signal } = stopping;
  const config = { ...connectionConfig(server), query_timeout: timing.heartbeatMs };
  const done = keepListening({ server, config, channel, timing, signal, onNotify, onState });
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

interface Listener {
  readonly server: ServerUrl;
  readonly config: ClientConfig;
  readonly channel: string;
  readonly timing: ListenTiming;
  readonly signal: AbortSignal;
  readonly onNotify: (payload: string) => void;
  readonly onState: (state: ListenState) => void;
}

async function keepListening(listener: Listener): Promise<void> {
  const { signal, timing, onState } = listener;
  let failures = 0;
  while (!signal.aborted) {
    await waitOrAbort(backoffMs(timing.backoff, failures, Math.random()), signal);
    if (signal.aborted) return;
    const cause = await listenOnce(listener, () => {
      failures = 0;
      onState({ kind: "listening" });
    });
    failures++;
    if (!signal.aborted) onState({ kind: "lost", cause });
  }
}

/** One connection from its beginning to its end. Returns what ended it; undefined for a stop. */
async function listenOnce(listener: Listener, onListening: () => void): Promise<unknown> {
  const { server, config, channel, timing, signal } = listener;
  const client = new Client(config);
  const over = new AbortController();
  const ended = endOf(client, listener, over.signal);
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  try {
    const opened = open(client, channel).then(() => OPENED);
    const first = await Promise.race([ended, opened]);
    if (first !== OPENED) return first;
    if (signal.aborted) return undefined;
    onListening();
    const beat = Promise.withResolvers<never>();
    heartbeat = setInterval(() => void client.query("select 1").catch(beat.reject), timing.heartbeatMs);
    return await Promise.race([ended, beat.promise]);
  } catch (thrown) {
    return connectError(server, thrown);
  } finally {
    clearInterval(heartbeat);
    over.abort();
    await close(client);
  }
}

const OPENED = Symbol("opened");

async function open(client: Client, channel: string): Promise<void> {
  await client.connect();
  await client.query(`listen ${escapeIdentifier(channel)}`);
}

/** Resolves when the connection ends or is to; `over` says that nobody waits for that any more. */
function endOf(client: Client, { server, signal, onNotify }: Listener, over: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    client.on("error", (thrown) => resolve(connectError(server, thrown)));
    client.on("end", () => resolve(connectError(server, new Error("the connection was closed"))));
    client.on("notification", ({ payload }) => {
      if (!signal.aborted) onNotify(payload ?? "");
    });
    signal.addEventListener("abort", () => resolve(undefined), { signal: over });
  });
}

/** A peer that is gone says no goodbye. */
async function close(client: Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), GOODBYE_MS);
  await client.end().catch(() => {});
  clearTimeout(timer);
}
