import { join } from "node:path";
import { RestCaller } from "../../e2e/support/rest-caller.ts";
import { UNLIMITED } from "../../e2e/support/unlimited.ts";
import { type Ready, UpProcess } from "../../e2e/support/up-process.ts";
import { waitUntil } from "../../e2e/support/wait-until.ts";
import { connectClient } from "../client/connect-client.ts";
import { playScenario } from "../client/play-scenario.ts";
import type { Scenario } from "../client/scenario.ts";
import type { Revision } from "../suite/revision.ts";
import { runSuite } from "../suite/run-suite.ts";
import type { Verdicts } from "../suite/verdicts.ts";
import { TurnTaker } from "./turn-taker.ts";

const PROJECT = "conformance";
/** The suite starts all scenarios at once; so many are played at a time. */
const AT_A_TIME = 4;
/** While the suite starts a process for each scenario, its servers are slow to answer: nobody is played before none has come for so long. */
const STARTED_MS = 500;
const SCENARIO_LIMIT_MS = 60_000;
const LIMIT_MS = 100_000;

/** How the gateway gets its credentials has nothing to do with who calls it: once is enough. */
function isPlayed(name: string, { revision, spoken }: { readonly revision: Revision; readonly spoken: Revision }): boolean {
  return revision === spoken || !name.startsWith("auth/");
}

/** One gateway as the client that is judged: each scenario's server becomes a server of it, and a client of the SDK calls that. */
export class ClientRig implements AsyncDisposable {
  readonly #up: UpProcess;
  readonly #ready: Ready;
  readonly #admin: RestCaller;
  readonly #token: string;
  readonly #turns = new TurnTaker(AT_A_TIME);
  #servers = 0;

  private constructor(up: UpProcess, ready: Ready, admin: RestCaller, token: string) {
    this.#up = up;
    this.#ready = ready;
    this.#admin = admin;
    this.#token = token;
  }

  /** Starts the gateway with its files in this folder. */
  static async start(folder: string): Promise<ClientRig> {
    const up = new UpProcess({ dataDir: join(folder, "data"), readyFile: join(folder, "ready.json"), args: UNLIMITED });
    const ready = await up.ready();
    const admin = await RestCaller.logIn(ready);
    await admin.send("POST", "/projects", { name: PROJECT, servers: [] });
    return new ClientRig(up, ready, admin, await admin.makeToken("client", PROJECT));
  }

  /** The verdicts on the gateway as a client under these requirements, while what calls the gateway speaks `spoken`. */
  async judge(revision: Revision, spoken: Revision): Promise<Verdicts> {
    let last = 0;
    const allStarted = async () => {
      while (performance.now() - last < STARTED_MS) await Bun.sleep(50);
    };
    const driver = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 120,
      fetch: async (request) => {
        const scenario = (await request.json()) as Scenario;
        last = performance.now();
        if (!isPlayed(scenario.name, { revision, spoken })) return new Response("not played");
        await allStarted();
        const told = await this.#turns.take(() => this.#play(scenario, spoken)).catch((thrown: unknown) => thrown);
        return told === undefined ? new Response("played") : new Response(String(told), { status: 500 });
      },
    });
    try {
      const client = `'${process.execPath}' '${join(import.meta.dirname, "../client/hand-over.ts")}'`;
      const env = { CONFORMANCE_DRIVER: `http://127.0.0.1:${driver.port}/` };
      const verdicts = await runSuite({ judged: { client }, revision, env, scenarioLimitMs: SCENARIO_LIMIT_MS, limitMs: LIMIT_MS });
      return Object.fromEntries(Object.entries(verdicts).filter(([name]) => isPlayed(name, { revision, spoken })));
    } finally {
      await driver.stop(true);
    }
  }

  async #play(scenario: Scenario, spoken: Revision): Promise<void> {
    const handle = `scenario-${++this.#servers}`;
    await this.#admin.send("POST", "/servers", { handle, backing: { kind: "url", url: scenario.url }, projects: [PROJECT] });
    try {
      const url = `${this.#ready.gateway}/api/v1/mcp/${handle}`;
      const authorization = `Bearer ${this.#token}`;
      await waitUntil(
        "the gateway has the server",
        async () => (await fetch(url, { method: "POST", headers: { authorization } })).status !== 404,
      );
      const client = await connectClient(url, spoken, authorization);
      try {
        await playScenario(client, scenario);
      } finally {
        await client.close();
      }
    } finally {
      await this.#admin.send("DELETE", `/servers/${handle}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#up.discard();
  }
}
