/** Of twenty servers of a project eight misbehave, each in its own way: nobody who uses the other twelve may notice. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backing } from "../../src/api/server-definition.ts";
import { seedProject } from "../support/seed-project.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { MisbehavingServer, type Misdeed } from "./support/misbehaving-server.ts";
import { Scratch } from "./support/scratch.ts";
import { UNLIMITED } from "./support/unlimited.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const GOOD = 12;
const CALLS_EACH = 25;
const BAD_CALLS_EACH = 10;

/** Lists read one after the other: if each waited for servers, were it for a moment, they would take longer than the limit. */
const LISTS = 100;
const LISTS_LIMIT_MS = 30_000;

const MISDEEDS = ["hung", "slow", "flooding", "lying", "broken", "closing"] as const satisfies readonly Misdeed[];
/** Besides those: one whose port nobody listens on, and one that never answers to initialize. */
const BAD = [...MISDEEDS, "dead", "silent"] as const;

const scratch = new Scratch("isolation");

/** Twelve good servers, ten at a URL and two on standard streams, and the eight. */
class Neighbourhood {
  readonly name: string;
  readonly good = Array.from({ length: GOOD }, (_, index) => `good-${index}`);
  readonly #goodServers: MisbehavingServer[] = [];
  readonly #bad = new Map<string, MisbehavingServer>();
  #token = "";
  #gateway = "";

  constructor(name: string) {
    this.name = name;
  }

  /** The file that makes the silent one silent. */
  get #flag(): string {
    return scratch.path(`${this.name}.silent`);
  }

  /** Starts them, the eight behaving or not, and a gateway for them. */
  async start(misbehaving: boolean): Promise<void> {
    const backings: Record<string, Backing> = {};
    for (const handle of this.good.slice(2)) {
      const server = await MisbehavingServer.start();
      this.#goodServers.push(server);
      backings[handle] = { kind: "url", url: server.url };
    }
    for (const handle of this.good.slice(0, 2)) backings[handle] = talking();
    for (const misdeed of [...MISDEEDS, "dead"] as const) {
      const server = await MisbehavingServer.start();
      this.#bad.set(misdeed, server);
      backings[misdeed] = { kind: "url", url: server.url };
    }
    backings.silent = talking(this.#flag);
    // The bad ones come first, so that whoever asks one after the other would find them first.
    const ordered = Object.fromEntries([...BAD, ...this.good].map((handle) => [handle, backings[handle] as Backing]));
    this.#token = await seedProject(scratch.path(this.name), "mixed", ordered);
    if (misbehaving) await this.misbehave();
    scratch.up(this.name, { args: UNLIMITED });
    this.#gateway = await scratch.gatewayOf(this.name);
  }

  /** From now on the eight do what they are named for. */
  async misbehave(): Promise<void> {
    for (const misdeed of MISDEEDS) {
      const server = this.#bad.get(misdeed);
      if (server !== undefined) server.misdeed = misdeed;
    }
    await this.#bad.get("dead")?.stop();
    this.#bad.delete("dead");
    await writeFile(this.#flag, "");
  }

  /** The flood comes in headers from now on, no more in events. */
  floodInHeaders(): void {
    const server = this.#bad.get("flooding");
    if (server !== undefined) server.misdeed = "endless-headers";
  }

  caller(): Promise<McpCaller> {
    return McpCaller.open(`${this.#gateway}/projects/mixed/mcp`, this.#token);
  }

  /**
   * Starts many calls to each of the eight that nobody reads to their end; ends them all when the returned function is called.
   * Resolves when these have the calls; the gateway sends none to a server that it has given up for now.
   */
  async pester(reached: readonly Misdeed[]): Promise<() => void> {
    const caller = await this.caller();
    const requests = () => reached.map((misdeed) => this.#bad.get(misdeed)?.requests ?? 0);
    const before = requests();
    const over = new AbortController();
    const headers = {
      authorization: `Bearer ${this.#token}`,
      "content-type": "application/json",
      "mcp-session-id": caller.sessionId ?? "",
    };
    for (const [index, handle] of Array.from({ length: BAD_CALLS_EACH }, () => BAD)
      .flat()
      .entries()) {
      const accept = index % 2 === 0 ? "application/json" : "application/json, text/event-stream";
      const body = `{"jsonrpc":"2.0","id":"bad ${index}","method":"tools/call","params":{"name":"${handle}__say"}}`;
      const init = { method: "POST", headers: { ...headers, accept }, body, signal: over.signal };
      // What becomes of it is of no interest here; the reply is not read on purpose.
      void fetch(`${this.#gateway}/projects/mixed/mcp`, init).catch(() => {});
    }
    await waitUntil("the bad servers are called", () => requests().every((count, index) => count > (before[index] ?? 0)), LIMIT_MS);
    return () => over.abort();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#goodServers, ...this.#bad.values()].map((server) => server.stop()));
    await rm(this.#flag, { force: true });
  }
}

function talking(...args: string[]): Backing {
  return { kind: "stdio", command: process.execPath, args: [join(import.meta.dirname, "fixtures/talking-server.ts"), ...args], env: {} };
}

/** Calls each of the good servers many times, all at once and over several sessions; what was not answered as it should be. */
async function callAll(neighbourhood: Neighbourhood): Promise<string[]> {
  const callers = await Promise.all(Array.from({ length: 4 }, () => neighbourhood.caller()));
  const calls = neighbourhood.good.flatMap((handle) => Array.from({ length: CALLS_EACH }, (_, index) => ({ handle, index })));
  const failures = await Promise.all(
    calls.map(async ({ handle, index }) => {
      const text = `${handle} ${index}`;
      const { status, text: reply } = (await callers[index % callers.length]?.call(`${handle}__say`, { text })) ?? { status: 0, text: "" };
      return status === 200 && reply.includes(`"text":"${text}"`) ? undefined : `${text}: ${status} ${reply.slice(0, 200)}`;
    }),
  );
  return failures.filter((failure) => failure !== undefined);
}

/** Reads the project's list many times, one after the other; the names of the servers in each, which are the same. */
async function listMany(caller: McpCaller): Promise<string[]> {
  const seen = new Set<string>();
  const deadline = AbortSignal.timeout(LISTS_LIMIT_MS);
  for (let count = 0; count < LISTS; count += 1) {
    seen.add((await handlesListed(caller)).join(" "));
    deadline.throwIfAborted();
  }
  return [...seen];
}

async function handlesListed(caller: McpCaller): Promise<string[]> {
  return (await caller.toolNames()).map((name) => name.split("__")[0] ?? "").sort();
}

describe("eight that misbehave from the start", () => {
  const neighbourhood = new Neighbourhood("from the start");
  beforeAll(() => neighbourhood.start(true), LIMIT_MS);
  afterAll(() => neighbourhood.stop());

  test(
    "the project opens and lists the other twelve, and then lists them without waiting for anybody",
    async () => {
      const caller = await neighbourhood.caller();
      // Twelve may need more than the first list's moment on a busy machine; the eight never come.
      await waitUntil("the twelve are listed", async () => (await handlesListed(caller)).length === GOOD, LIMIT_MS);
      expect(await listMany(caller)).toEqual([[...neighbourhood.good].sort().join(" ")]);
    },
    LIMIT_MS,
  );

  test(
    "no call to the twelve fails while others call the eight",
    async () => {
      const leave = await neighbourhood.pester([]);
      expect(await callAll(neighbourhood)).toEqual([]);
      leave();
    },
    LIMIT_MS,
  );
});

describe("eight that begin to misbehave", () => {
  const neighbourhood = new Neighbourhood("later");
  const all = () => [...BAD, ...neighbourhood.good].sort().join(" ");
  beforeAll(async () => {
    await neighbourhood.start(false);
    const caller = await neighbourhood.caller();
    await waitUntil("all twenty are listed", async () => (await handlesListed(caller)).join(" ") === all(), LIMIT_MS);
    await neighbourhood.misbehave();
  }, LIMIT_MS);
  afterAll(() => neighbourhood.stop());

  test(
    "no call to the other twelve fails while others call the eight, and all twenty are listed as they were",
    async () => {
      const leave = await neighbourhood.pester(MISDEEDS);
      const caller = await neighbourhood.caller();
      const [failures, lists] = await Promise.all([callAll(neighbourhood), listMany(caller)]);
      leave();
      expect(failures).toEqual([]);
      expect(lists).toEqual([all()]);
    },
    LIMIT_MS,
  );

  test(
    "nor when the flood comes in headers",
    async () => {
      neighbourhood.floodInHeaders();
      const leave = await neighbourhood.pester(["flooding"]);
      expect(await callAll(neighbourhood)).toEqual([]);
      leave();
    },
    LIMIT_MS,
  );
});
