import type { Backing } from "../../../src/api/server-definition.ts";
import { MisbehavingServer, type Misdeed } from "../../../test/e2e/support/misbehaving-server.ts";
import { openSession } from "../load/open-session.ts";
import { ECHO_200 } from "../load/tool-call.ts";
import type { BenchOptions } from "../options.ts";
import { type Gateway, projectTarget, startGateway } from "../targets/start-gateway.ts";
import { startUpstream } from "../targets/start-upstream.ts";
import type { Target, TargetContext } from "../targets/target.ts";
import type { Group } from "./group.ts";

const GOOD = 12;
const MISDEEDS = ["hung", "slow", "flooding", "endless-headers", "lying", "broken", "closing"] as const satisfies readonly Misdeed[];
/** Besides those one whose port nobody listens on. */
const DEAD = "dead";
/** How often each of the eight is called. */
const PESTER_MS = 500;
const GIVE_UP_MS = 5000;

export const ALONE = "12 servers";
export const BESIDE = "12 of 20 servers, beside 8 that misbehave";

/** Twelve servers that behave, by themselves, and beside eight that do not while these are called too. */
export function isolationGroup({ rounds, seconds }: BenchOptions): Group {
  return {
    name: "20 servers",
    series: [{ upstream: "20 servers", call: ECHO_200, connections: [16], rounds, seconds, warmUpSeconds: 8 }],
    async start(context, attempt) {
      const upstream = await attempt("their server", () => startUpstream(context));
      if (upstream === undefined) return [];
      const good = backingsOf(handles(GOOD).map((handle) => [handle, upstream.url]));
      const alone = await attempt(ALONE, async () => targetOf(await startGateway(context, good, "alone"), ALONE));
      const beside = await attempt(BESIDE, () => startBeside(context, good));
      return [alone, beside].filter((target) => target !== undefined);
    },
  };
}

async function startBeside(context: TargetContext, good: Readonly<Record<string, Backing>>): Promise<Target> {
  const bad: [string, string][] = [];
  for (const misdeed of MISDEEDS) {
    const server = await MisbehavingServer.start(misdeed);
    context.release(() => server.stop());
    bad.push([misdeed, server.url]);
  }
  const dead = await MisbehavingServer.start();
  bad.push([DEAD, dead.url]);
  await dead.stop();
  // Those come first, so that whoever asks one after the other would find them first.
  const gateway = await startGateway(context, { ...backingsOf(bad), ...good }, "beside");
  const target = targetOf(gateway, BESIDE);
  const headers = await openSession(target, context.signal);
  context.release(pester(target.url, headers, [...MISDEEDS, DEAD]));
  return target;
}

/** Calls each of them again and again, for who knows how long; the answer ends it. */
function pester(url: string, headers: Readonly<Record<string, string>>, names: readonly string[]): () => void {
  const over = new AbortController();
  let id = 0;
  const timer = setInterval(() => {
    for (const name of names) {
      id += 1;
      const body = `{"jsonrpc":"2.0","id":"bad ${id}","method":"tools/call","params":{"name":"${name}__say"}}`;
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(GIVE_UP_MS)]);
      // What becomes of it is of no interest.
      fetch(url, { method: "POST", headers, body, signal })
        .then((reply) => reply.body?.cancel())
        .catch(() => undefined);
    }
  }, PESTER_MS);
  return () => {
    clearInterval(timer);
    over.abort();
  };
}

function targetOf(gateway: Gateway, name: string): Target {
  const toolPrefixes = handles(GOOD).map((handle) => `${handle}__`);
  const how = `mcpctl up with these servers, which are called in turn${name === BESIDE ? `; each of the eight (${[...MISDEEDS, DEAD].join(", ")}) is called every ${PESTER_MS} ms` : ""}`;
  return { ...projectTarget(gateway, "good-00"), name, how, toolPrefixes };
}

function handles(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `good-${String(at).padStart(2, "0")}`);
}

function backingsOf(urls: readonly (readonly [string, string])[]): Readonly<Record<string, Backing>> {
  return Object.fromEntries(urls.map(([handle, url]) => [handle, { kind: "url", url } satisfies Backing]));
}
