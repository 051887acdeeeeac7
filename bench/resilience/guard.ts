import { CallSignal } from "../../src/core/cancel-signal.ts";
import { CallTimer } from "../../src/gateway/resilience/call-timer.ts";
import { guardedUpstream } from "../../src/gateway/resilience/guarded-upstream.ts";
import { limitsOf, RESILIENCE_SETTINGS } from "../../src/gateway/resilience/resilience-settings.ts";
import type { Peer } from "../../src/gateway/upstream/peer.ts";
import type { Upstream, UpstreamCall } from "../../src/gateway/upstream/upstream.ts";
import type { Effort, Figure } from "../access/measure.ts";

const CALL_LIMIT_MS = 300_000;
const IN_FLIGHT = 32;
/** Its budget is for a call as a server takes it, in a turn of its own. */
const BUDGET = { limit: 2000, is: "at most" } as const;

const PEER: Peer = {
  principalId: "token:1",
  clientInfo: undefined,
  capabilities: {},
  listens: false,
  onListening: () => () => {},
  onClose: () => () => {},
};

/** A server that answers everything alike. */
function trivialServer(answer: () => Promise<string>): Upstream {
  return {
    start: () => {},
    ready: async () => ({ protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} }),
    request: answer,
    notify: () => {},
    subscribe: async () => undefined,
    unsubscribe: () => {},
    keepsPeers: () => false,
    status: () => ({ state: "ready" }),
    close: async () => {},
  };
}

const ANSWER = '{"jsonrpc":"2.0","id":1,"result":{}}';
const atOnce = () => trivialServer(async () => ANSWER);
const nextTurn = () => trivialServer(() => new Promise((resolve) => setImmediate(() => resolve(ANSWER))));

function guarded(upstream: Upstream, timer: CallTimer): Upstream {
  return guardedUpstream(upstream, {
    handle: "one",
    limits: limitsOf({ handle: "one" }, RESILIENCE_SETTINGS, CALL_LIMIT_MS),
    timer,
    monotonicNow: () => performance.now(),
    random: Math.random,
    isRepeatableTool: () => false,
    listsProblem: () => undefined,
  });
}

const call = (): UpstreamCall => ({
  peer: PEER,
  era: "legacy",
  idText: "1",
  method: "tools/call",
  paramsText: '{"name":"a"}',
  onNotification: undefined,
  onQuestion: undefined,
  signal: new CallSignal(),
});

/** Nanoseconds for each call, so many at the same time. */
async function nanosOf(upstream: Upstream, calls: number, atSameTime: number): Promise<number> {
  const start = Bun.nanoseconds();
  for (let done = 0; done < calls; done += atSameTime) {
    if (atSameTime === 1) await upstream.request(call());
    else await Promise.all(Array.from({ length: atSameTime }, () => upstream.request(call())));
  }
  return (Bun.nanoseconds() - start) / calls;
}

async function nanosWithLimit(calls: number, begin: () => unknown, end: (limit: never) => void): Promise<number> {
  const upstream = atOnce();
  const start = Bun.nanoseconds();
  for (let done = 0; done < calls; done += 1) {
    const limit = begin();
    await upstream.request(call());
    end(limit as never);
  }
  return (Bun.nanoseconds() - start) / calls;
}

/** What guarding adds to a call, and what keeping its time costs, by one timer for all calls and by one for each. */
export async function guardFigures({ rounds, samples }: Effort): Promise<Figure[]> {
  const timer = new CallTimer({ monotonicNow: () => performance.now(), tickMs: 50 });
  const added = async (make: () => Upstream, atSameTime: number) => {
    const plain = await nanosOf(make(), samples, atSameTime);
    return (await nanosOf(guarded(make(), timer), samples, atSameTime)) - plain;
  };
  const byTimer = () => nanosWithLimit(samples, () => timer.start(timer.now() + CALL_LIMIT_MS, () => {}), timer.stop.bind(timer));
  const byTimeout = () => nanosWithLimit(samples, () => setTimeout(() => {}, CALL_LIMIT_MS), clearTimeout);
  const measured: readonly (readonly [what: string, measure: () => Promise<number>, budget?: Figure["budget"]])[] = [
    ["added to a call that is answered at once", () => added(atOnce, 1)],
    [`the same, ${IN_FLIGHT} at a time`, () => added(atOnce, IN_FLIGHT)],
    [`added to a call that is answered in another turn, ${IN_FLIGHT} at a time`, () => added(nextTurn, IN_FLIGHT), BUDGET],
    ["a call whose time is kept by the timer for all", byTimer],
    ["a call whose time is kept by a timer of its own", byTimeout],
  ];
  const figures: Figure[] = [];
  for (const [what, measure, budget] of measured) {
    await measure();
    const values: number[] = [];
    for (let round = 0; round < rounds; round += 1) values.push(await measure());
    figures.push({ what, rounds: values, unit: "ns", ...(budget === undefined ? {} : { budget }) });
  }
  timer.close();
  return figures;
}
