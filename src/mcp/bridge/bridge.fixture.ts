import { afterEach } from "bun:test";
import { type Script, type ScriptedMcpServer, startScriptedMcpServer } from "../client/scripted-mcp-server.fixture.ts";
import { BRIDGE_LIMITS, type BridgeLimits } from "./bridge-limits.ts";
import { runBridge } from "./run-bridge.ts";

/** A client's end of a bridge. */
export interface BridgedClient {
  /** Writes each as one line: text as it is, anything else as JSON. */
  say(...lines: readonly (string | object)[]): void;
  /** Writes bytes as they are. */
  sayRaw(text: string): void;
  /** Closes the client's end. */
  hangUp(): void;
  /** Breaks the client's end. */
  breakOff(): void;
  /** Tells the bridge to stop. */
  stop(): void;
  /** The lines that came, and as values. */
  readonly heard: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: a message is looked at by what a test expects of it.
  readonly messages: readonly any[];
  /** The line that answers this id, as soon as it is there. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  answerTo(id: string | number): Promise<any>;
  /** `initialize` and `notifications/initialized`, answered. */
  initialize(): Promise<void>;
  readonly log: readonly string[];
  /** How it ended: resolves with undefined, or what it threw. */
  readonly ended: Promise<unknown>;
}

export interface BridgeSetup {
  readonly limits?: Partial<BridgeLimits>;
  readonly fetch?: typeof fetch;
  /** What the client does with each line, in place of reading it at once. */
  readonly write?: (line: string) => Promise<void>;
}

export const INITIALIZE = {
  jsonrpc: "2.0",
  id: "init",
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: { roots: {} }, clientInfo: { name: "c", version: "1" } },
};

/** What a test starts, let go after it. */
export function createBridges() {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  return {
    serve(script: Script = {}): ScriptedMcpServer {
      const server = startScriptedMcpServer(script);
      stops.push(() => server[Symbol.asyncDispose]());
      return server;
    },
    bridge(url: string, setup: BridgeSetup = {}): BridgedClient {
      const [client, close] = startBridge(url, setup);
      stops.push(close);
      return client;
    },
    /** Runs after the test. */
    later: (stop: () => unknown) => void stops.push(stop),
  };
}

function startBridge(url: string, { limits = {}, write, fetch: ask = fetch }: BridgeSetup): [BridgedClient, () => Promise<void>] {
  const heard: string[] = [];
  const log: string[] = [];
  const stopping = new AbortController();
  const encoder = new TextEncoder();
  let input: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      input = controller;
    },
  });
  const running = runBridge({
    url: new URL(url),
    bearer: "the-token",
    fetch: ask,
    input: stream,
    write: async (line) => {
      heard.push(line);
      await write?.(line);
    },
    log: (line) => void log.push(line),
    signal: stopping.signal,
    limits: { ...BRIDGE_LIMITS, drainMs: 5000, closeMs: 500, reconnect: { firstMs: 1, maxMs: 5 }, ...limits },
  });
  const ended = running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const sayRaw = (text: string) => input?.enqueue(encoder.encode(text));
  const client: BridgedClient = {
    heard,
    log,
    ended,
    sayRaw,
    get messages() {
      return heard.map((line) => JSON.parse(line));
    },
    say: (...lines) => sayRaw(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")),
    hangUp: () => input?.close(),
    breakOff: () => input?.error(new Error("EIO")),
    stop: () => stopping.abort(),
    async answerTo(id) {
      const find = () => client.messages.find((message) => message.id === id && message.method === undefined);
      await until(() => find() !== undefined);
      return find();
    },
    async initialize() {
      client.say(INITIALIZE, { jsonrpc: "2.0", method: "notifications/initialized" });
      await client.answerTo(INITIALIZE.id);
    },
  };
  return [
    client,
    async () => {
      stopping.abort();
      await ended;
    },
  ];
}

/** Waits for what another side does; the test's own time is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}

/** A request of a legacy client. */
export function request(id: string | number, method: string, params: object = {}): object {
  return { jsonrpc: "2.0", id, method, params };
}
