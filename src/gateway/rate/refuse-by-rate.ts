import type { RatePolicy } from "../policy/gateway-policy.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { ServerHost } from "../server-host.ts";
import type { CallLimiter, RateVerdict } from "./call-limiter.ts";
import { rateOf } from "./rate-rule.ts";

/** A request to be counted. */
export interface CountedRequest {
  readonly principalId: string;
  readonly method: string;
  /** The server that it is about; undefined where it is about a project. */
  readonly host: ServerHost | undefined;
  readonly project: string | undefined;
}

/** Clients name methods: a longer one is cut in the key. */
const MAX_METHOD = 100;

/**
 * Counts a request; 429 where it is one too many, 503 where it cannot be counted and is refused for that. A ping counts
 * for nothing: it is how a client asks whether we live.
 */
export function refuseByRate(
  limiter: CallLimiter,
  rates: RatePolicy,
  asked: CountedRequest,
): Refusal | undefined | Promise<Refusal | undefined> {
  if (asked.method === "ping") return undefined;
  const perMinute = rateOf(rates, asked.host?.definition, asked.method);
  if (perMinute === undefined) return undefined;
  const verdict = limiter.take(keyOf(asked), perMinute);
  return verdict instanceof Promise ? verdict.then((later) => refusalOf(later, perMinute, asked)) : refusalOf(verdict, perMinute, asked);
}

/** By identity, server and method; on a project's route the project stands for the server where none is named. */
function keyOf({ principalId, method, host, project = "" }: CountedRequest): string {
  return `${host === undefined ? `project ${project}` : host.handle}\n${principalId}\n${method.slice(0, MAX_METHOD)}`;
}

function refusalOf(verdict: RateVerdict, perMinute: number, { method, host, project }: CountedRequest): Refusal | undefined {
  if (verdict.allowed) return undefined;
  const headers = { "retry-after": String(verdict.retryAfterS) };
  if (verdict.undecided === true) return refuse("limiter_unavailable", "The calls of this caller cannot be counted now", headers);
  const where = host === undefined ? `Project ${project ?? ""}` : `Server ${host.handle}`;
  return refuse("rate_limited", `${where} takes ${perMinute} calls a minute of ${method.slice(0, MAX_METHOD)} from one caller`, headers);
}
