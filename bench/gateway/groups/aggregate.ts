import type { Backing } from "../../../src/api/server-definition.ts";
import { type ListTools, sseLister, streamableLister } from "../load/list-client.ts";
import { costOf, type LoadContext, type Row } from "../load/measure-rounds.ts";
import type { Sample } from "../load/sample.ts";
import { ReleaseStack } from "../machine/release-stack.ts";
import type { BenchOptions } from "../options.ts";
import { attemptInto } from "../targets/attempt.ts";
import { startFixture } from "../targets/start-fixture.ts";
import { projectTarget, startGateway } from "../targets/start-gateway.ts";
import { startMcpHub } from "../targets/start-mcp-hub.ts";
import { MANY_TOOLS_FIXTURE, type NotMeasured, type Target, type TargetContext } from "../targets/target.ts";
import type { GroupResult } from "./group.ts";
import { requirePeers } from "./require-peers.ts";

const SERVERS = 50;
const TOOLS = 1000;
const NAME = "50 servers" as const;
export const LIST_CALL = "list of 1,000 tools";
const WARM_UP_LISTS = 100;

interface Lister {
  readonly target: Target;
  readonly list: ListTools;
}

/** The lists of many servers together, each 1 MiB, as clients get them; one after another, in turn with the peer. */
export async function measureAggregate(options: BenchOptions, context: Omit<TargetContext, "release"> & LoadContext): Promise<GroupResult> {
  const releases = new ReleaseStack();
  const notMeasured: NotMeasured[] = [];
  const attempt = attemptInto(notMeasured, NAME, context.signal);
  const own: TargetContext = { ...context, release: (release) => releases.push(release) };
  try {
    context.progress(`${NAME}: starting`);
    const upstream = await attempt("their servers", () => startFixture(own, MANY_TOOLS_FIXTURE, "the many servers"));
    if (upstream === undefined) return { targets: [], rows: [], memory: [], notMeasured };
    const urls = urlsOf(upstream.port);
    const started = [await attempt("gateway", () => gatewayLister(own, urls)), await attempt("mcp-hub", () => hubLister(own, urls))];
    const listers = started.filter((lister) => lister !== undefined);
    const samples = new Map(listers.map((lister) => [lister, [] as Sample[]]));
    let id = 1;
    for (const { list } of listers) for (let count = 0; count < WARM_UP_LISTS; count += 1) requireWhole(await list(id++));
    for (let round = 1; round <= options.rounds; round += 1) {
      context.progress(`${LIST_CALL}: round ${round} of ${options.rounds}`);
      for (const lister of listers) {
        const sample = await attempt(lister.target.name, () => measureLists(lister, options.seconds, () => id++));
        if (sample !== undefined) samples.get(lister)?.push(sample);
      }
    }
    return {
      targets: listers.map(({ target }) => ({ ...target, upstream: NAME })),
      rows: [...samples].map(
        ([{ target }, taken]): Row => ({ upstream: NAME, call: LIST_CALL, connections: 1, target: target.name, samples: taken }),
      ),
      memory: listers.map(({ target }) => ({ upstream: NAME, target: target.name, residentKiB: costOf(target).residentKiB })),
      notMeasured,
    };
  } finally {
    await releases.releaseAll();
  }
}

function urlsOf(port: number): Readonly<Record<string, string>> {
  const handles = Array.from({ length: SERVERS }, (_, at) => `s${String(at).padStart(2, "0")}`);
  return Object.fromEntries(handles.map((handle) => [handle, `http://127.0.0.1:${port}/${handle}`]));
}

async function gatewayLister(context: TargetContext, urls: Readonly<Record<string, string>>): Promise<Lister> {
  const backings = Object.entries(urls).map(([handle, url]): [string, Backing] => [handle, { kind: "url", url }]);
  const target = projectTarget(await startGateway(context, Object.fromEntries(backings), "many"), "");
  return { target, list: await streamableLister(target, context.signal) };
}

async function hubLister(context: TargetContext, urls: Readonly<Record<string, string>>): Promise<Lister> {
  await requirePeers(context, false);
  const { url, pid } = await startMcpHub(context, urls);
  const target = {
    name: "mcp-hub",
    how: "its endpoint for clients, over HTTP+SSE, on Node",
    url,
    bearer: "not-looked-at",
    pid,
    toolPrefix: "",
  };
  return { target, list: await sseLister(url, context.signal) };
}

async function measureLists({ target, list }: Lister, seconds: number, nextId: () => number): Promise<Sample> {
  const times: number[] = [];
  const before = costOf(target);
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const begun = performance.now();
    requireWhole(await list(nextId()));
    times.push((performance.now() - begun) * 1000);
  }
  const cpuUs = costOf(target).cpuUs - before.cpuUs;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return {
    requestsPerSecond: times.length / seconds,
    p50Us: at(0.5),
    p99Us: at(0.99),
    cpuUsPerRequest: cpuUs / times.length,
    requests: times.length,
    errors: 0,
    wrongSize: false,
  };
}

function requireWhole(text: string): void {
  if (text.length < TOOLS * 900 || !text.includes("tool_19")) throw new Error(`a list of ${text.length} characters is not whole`);
}
