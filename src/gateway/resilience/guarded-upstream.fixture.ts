import type { AppError } from "../../core/app-error.ts";
import { CallSignal } from "../../core/cancel-signal.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { type Answering, ScriptedServer } from "../scripted-upstream.fixture.ts";
import type { Peer } from "../upstream/peer.ts";
import type { Upstream, UpstreamCall } from "../upstream/upstream.ts";
import { upstreamLost } from "../upstream/upstream-errors.ts";
import { upstreamEvents } from "../upstream/upstream-events.fixture.ts";
import type { BreakerSettings } from "./breaker.ts";
import { CallTimer } from "./call-timer.ts";
import type { RetrySettings } from "./decide-retry.ts";
import { guardedUpstream } from "./guarded-upstream.ts";
import type { CallLimits } from "./resilience-settings.ts";

export const BREAKER: BreakerSettings = {
  failures: 3,
  failurePercent: 50,
  minCalls: 20,
  windowMs: 10_000,
  openMs: 1000,
  maxOpenMs: 8000,
  trialMs: 5000,
};

/** Waits are over at once, so that a test needs none. */
export const RETRIES: RetrySettings = { tries: 2, budgetPercent: 10, backoff: { firstMs: 0, maxMs: 0 } };

export const NO_RETRIES: RetrySettings = { ...RETRIES, tries: 0 };

export const LIMITS: CallLimits = {
  idleMs: 1000,
  totalMs: 5000,
  concurrency: 4,
  breaker: BREAKER,
  retries: NO_RETRIES,
  probeIntervalMs: undefined,
};

const PEER: Peer = {
  principalId: "token:1",
  clientInfo: undefined,
  capabilities: {},
  listens: false,
  onListening: () => () => {},
  onClose: () => () => {},
};

/** A request of a client. */
export function clientCall(given: Partial<UpstreamCall> = {}): UpstreamCall & { readonly signal: CallSignal } {
  const signal = new CallSignal();
  const call = { peer: PEER, era: "legacy", idText: "7", method: "tools/call", paramsText: '{"name":"a"}' } as const;
  return { ...call, onNotification: undefined, onQuestion: undefined, ...given, signal };
}

/** A guarded server whose time a test moves. Its tools named `read…` may be called twice. */
export function guardServer(server: ScriptedServer | Upstream, limits: Partial<CallLimits> = {}) {
  const time = { ms: 0 };
  const timer = new CallTimer({ monotonicNow: () => time.ms, tickMs: 3_600_000 });
  const lists: { problem: AppError | undefined } = { problem: undefined };
  const guarded = guardedUpstream("request" in server ? server : server.connect("one", upstreamEvents()), {
    handle: "one",
    limits: { ...LIMITS, ...limits },
    timer,
    monotonicNow: () => time.ms,
    random: () => 0.5,
    isRepeatableTool: (name) => name.startsWith("read"),
    listsProblem: () => lists.problem,
  });
  const pass = (ms: number) => {
    time.ms += ms;
    timer.tick();
  };
  /** The reason of the error that comes of a call, or `ok`. */
  const outcome = (given: Partial<UpstreamCall> = {}): Promise<string> =>
    guarded.request(clientCall(given)).then(
      () => "ok",
      (error: { reason: string }) => error.reason,
    );
  return { guarded, time, timer, pass, outcome, lists };
}

export const OK = ({ idText }: UpstreamCall) => resultMessage(idText, "{}");

/** Until all that can go on without a timer has. */
export const idle = () => new Promise<void>((resolve) => setImmediate(resolve));

export const answering = (answer: Answering, method = "tools/call") => new ScriptedServer({ answers: { [method]: answer } });
/** Takes calls and answers none. */
export const hanging = () => answering(() => new Promise(() => {}));
export const lost = upstreamLost("one", "it exited with code 1");
export const failing = (error: unknown) =>
  answering(() => {
    throw error;
  });

/** Answers that a test lets come one by one. */
export function held() {
  const gates: ReturnType<typeof Promise.withResolvers<string>>[] = [];
  const server = answering(() => {
    const gate = Promise.withResolvers<string>();
    gates.push(gate);
    return gate.promise;
  });
  return { server, gates };
}
