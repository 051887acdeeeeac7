import { ApiClient } from "../../api/api-client.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import { type Caller, ownProject } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import { type EdgePolicy, edgePolicyFor } from "../../core/edge-policy.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { refuseForeign } from "../access/foreign-request.ts";
import type { RequestObserver } from "../audit/finished-request.ts";
import type { TextCache } from "../cache/text-cache.ts";
import { keptListsIn } from "../catalog/kept-lists.ts";
import { createGateway, type Gateway, type GatewaySettings, type LiveSettings } from "../gateway.ts";
import { authenticate } from "../identity/authenticate.ts";
import { authorizationOn } from "../identity/authenticate-on.ts";
import { GrantCache } from "../identity/grant-cache.ts";
import type { IncomingRequest } from "../incoming-request.ts";
import { type BranchingLink, branchingLink } from "../link/branching-link.ts";
import { newLinkId } from "../link/link-id.ts";
import { type ReplicaLink, soloLink } from "../link/replica-link.ts";
import { type GatewayVitals, sumVitals } from "../metrics/gateway-vitals.ts";
import type { PipelineDeps } from "../pipeline.ts";
import type { CallLimiter } from "../rate/call-limiter.ts";
import { type CallsAtOnce, callsAtOnce, callsAtOnceOptions } from "../rate/calls-at-once.ts";
import { memoryCallLimiter } from "../rate/memory-call-limiter.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { matchRoute, type Route } from "../route.ts";
import type { ServerToRun } from "../serving/server-to-run.ts";
import type { Keyring } from "../session/sealed-id.ts";
import type { RequestTracing } from "../tracing/call-trace.ts";
import type { Upstream, UpstreamEvents } from "../upstream/upstream.ts";
import { callerControlPlane } from "./caller-control-plane.ts";
import { CallerGateways, type CallerKey } from "./caller-gateways.ts";
import { doubting } from "./doubting-upstream.ts";
import { type EndedHere, endedHere } from "./ended-here.ts";
import { GuessLimit } from "./guess-limit.ts";
import { introspectAtMcpd } from "./introspect-at-mcpd.ts";
import { isReachedDirectly } from "./is-reached-directly.ts";
import { readProject } from "./read-project.ts";
import { refusalByMcpd } from "./refusal-by-mcpd.ts";

export interface BareGatewayDeps {
  /** Without a slash at the end. */
  readonly mcpdUrl: string;
  /** Seals session ids. They end with it: nobody else could open them. */
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly monotonicNow: () => number;
  /** A credential that does not pass it is refused, and mcpd is not asked about it. */
  readonly isProven?: ((credential: string) => Promise<boolean>) | undefined;
  /** Makes the connection to a server at a public URL. */
  readonly connectDirectly: (server: ServerToRun, events: UpstreamEvents) => Upstream;
  /** Makes the connection to what mcpd runs, at this URL of its own, with the caller's bearer. */
  readonly connectThroughMcpd: (target: ThroughMcpd, events: UpstreamEvents) => Upstream;
  /** Reaches the other processes of this gateway. */
  readonly link: ReplicaLink;
  readonly onFailure: (error: AppError) => void;
  /** Hears of each request that is over. */
  readonly observe?: RequestObserver | undefined;
  /** Hears of each stream that was ended because its reader left too much unread. */
  readonly onStreamCut?: (() => void) | undefined;
  /** Opens the spans of requests. */
  readonly tracing?: RequestTracing | undefined;
  /** Where lists of servers are kept, for each caller apart; undefined: nothing outlives the process. */
  readonly cache?: TextCache | undefined;
  /** Counts calls, in place of this process's own memory. It never rejects. */
  readonly limiter?: CallLimiter | undefined;
}

export interface ThroughMcpd {
  readonly handle: string;
  readonly url: string;
  readonly bearer: string;
}

export interface BareGateway {
  /** What carries a request to this path out, or why nothing does. Never throws. */
  pipelineFor(request: IncomingRequest, path: string, address: string | undefined): Promise<PipelineDeps | Refusal>;
  /** Requests that were carried out or refused and not recorded here: mcpd records what it carries out. */
  readonly unrecorded: number;
  /** What is refused before it reaches anybody's gateway is recorded through this one. */
  readonly outside: PipelineDeps;
  /** What the gateways of all callers hold now. */
  vitals(): GatewayVitals;
  /** Calls of all callers that wait for their client to come back. */
  parkedCalls(): number;
  /** mcpd has answered: from here on /readyz says so. */
  start(): void;
  /** As `Gateway.reconfigure`, for the gateways of all callers. */
  reconfigure(settings: LiveSettings): void;
  /** Takes nothing new from now on, of any caller; calls in flight go on. */
  drain(): void;
  /** Ends every session and connection. */
  close(): Promise<void>;
}

const MAX_GRANTS = 10_000;
/** Less than mcpd allows one address, which here is all clients. */
const GUESSES_PER_MINUTE = 10;
const MAX_ADDRESSES = 10_000;
const MAX_OPEN = 200;
const IDLE_MS = 10 * 60_000;
/** However short answers are kept: reading a project takes mcpd two requests. */
const MIN_REFRESH_MS = 250;
/** A caller waits for the answer. */
const MCPD_TIMEOUT_MS = 10_000;

/**
 * A gateway without an identity of its own: it asks mcpd about each credential with that credential, and does nothing
 * that its bearer could not do there.
 *
 * Each caller of a project has a small gateway: their view of the project, and connections that carry their bearer and
 * no other's.
 */
export async function createBareGateway(deps: BareGatewayDeps, settings: GatewaySettings): Promise<BareGateway> {
  const ended = endedHere(deps.clock);
  return new Bare(deps, settings, ended, await openNobody(deps, settings, ended));
}

class Bare implements BareGateway {
  readonly #deps: BareGatewayDeps;
  #settings: GatewaySettings;
  readonly #ended: EndedHere;
  readonly #nobody: Gateway;
  readonly #edge: EdgePolicy;
  readonly #grants: GrantCache;
  readonly #gateways: CallerGateways;
  readonly #link: BranchingLink;
  /** What a caller has made of calls outlives the gateway that is theirs. */
  readonly #limiter: CallLimiter;
  readonly #atOnce: CallsAtOnce;
  #stopping = false;
  unrecorded = 0;

  constructor(deps: BareGatewayDeps, settings: GatewaySettings, ended: EndedHere, nobody: Gateway) {
    const { clock, monotonicNow } = deps;
    const { positive: positiveTtlMs, negative: negativeTtlMs } = settings.grantTtlMs;
    const guesses = new GuessLimit({ perMinute: GUESSES_PER_MINUTE, maxAddresses: MAX_ADDRESSES, monotonicNow });
    const introspect = (credential: string, address?: string) =>
      guesses.guard(address, async () => {
        if (deps.isProven !== undefined && !(await deps.isProven(credential))) return undefined;
        return introspectAtMcpd(this.#client(credential), credential);
      });
    const onFailure = (thrown: unknown) => deps.onFailure(toAppError(thrown));
    this.#deps = deps;
    this.#atOnce = callsAtOnce(settings.policy);
    this.#limiter = deps.limiter ?? memoryCallLimiter(monotonicNow);
    this.#settings = settings;
    this.#ended = ended;
    this.#nobody = nobody;
    this.#link = branchingLink(deps.link);
    this.#edge = edgePolicyFor(settings.bindAddress, settings.policy.allowedHosts);
    this.#grants = new GrantCache({ introspect, clock, positiveTtlMs, negativeTtlMs, maxEntries: MAX_GRANTS });
    this.#gateways = new CallerGateways({ maxOpen: MAX_OPEN, idleMs: IDLE_MS, monotonicNow, onFailure });
  }

  get outside(): PipelineDeps {
    return this.#nobody.pipeline;
  }

  vitals(): GatewayVitals {
    return sumVitals([...this.#gateways.open()].map((gateway) => gateway.vitals()));
  }

  parkedCalls(): number {
    return [...this.#gateways.open()].reduce((sum, gateway) => sum + gateway.parkedCalls(), 0);
  }

  async pipelineFor(request: IncomingRequest, path: string, address: string | undefined): Promise<PipelineDeps | Refusal> {
    const { routes, ownOrigins } = this.#settings.policy;
    const route = matchRoute(routes, request.method, path, request.headers.has("last-event-id"));
    // What needs no caller is refused, or answered, as by any gateway.
    if (isRefusal(route) || route.kind === "health") return this.#nobody.pipeline;
    if (refuseForeign(this.#edge, ownOrigins, route, request.headers) !== undefined) return this.#nobody.pipeline;
    const authorization = authorizationOn({ multiUser: this.#settings.multiUser, ownOrigins }, route, request);
    if (isRefusal(authorization)) return authorization;
    const caller = await authenticate(this.#grants, authorization, address);
    const bearer = bearerOf(authorization);
    const hash = hashToken(bearer);
    if (isRefusal(caller)) {
      if (caller.code === "unauthenticated") this.#gateways.drop({ hash });
      return caller;
    }
    const project = projectOf(route, caller);
    return isRefusal(project) ? project : this.#pipelineOf(bearer, { hash, project });
  }

  start(): void {
    this.#nobody.start();
  }

  reconfigure(settings: LiveSettings): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#atOnce.configure(callsAtOnceOptions(settings.policy));
    this.#nobody.reconfigure(this.#settings);
    for (const gateway of this.#gateways.open()) gateway.reconfigure(unprobed(this.#settings));
  }

  drain(): void {
    this.#stopping = true;
    this.#nobody.drain();
    for (const gateway of this.#gateways.open()) gateway.drain();
  }

  async close(): Promise<void> {
    await this.#gateways.close();
    await this.#nobody.close();
  }

  async #pipelineOf(bearer: string, key: CallerKey): Promise<PipelineDeps | Refusal> {
    try {
      const { pipeline } = await this.#gateways.get(key, () => this.#open(bearer, key));
      return { ...pipeline, grants: this.#grants, stopping: () => this.#stopping };
    } catch (thrown) {
      const error = toAppError(thrown);
      this.#deps.onFailure(error);
      return refusalByMcpd(error);
    }
  }

  async #open(bearer: string, key: CallerKey): Promise<Gateway> {
    const { keyring, clock, monotonicNow, cache, onFailure, observe, onStreamCut, tracing } = this.#deps;
    const client = this.#client(bearer);
    const control = callerControlPlane({
      readProject: () => readProject(client, key.project),
      ended: this.#ended,
      onUnrecorded: () => {
        this.unrecorded += 1;
      },
      refreshMs: Math.max(this.#settings.grantTtlMs.positive, MIN_REFRESH_MS),
      onRefused: () => {
        this.#grants.drop(key.hash);
        this.#gateways.drop(key);
      },
    });
    const connect = (server: ServerToRun, events: UpstreamEvents) => this.#connect(bearer, key, server, events);
    const link = this.#link.branch();
    const [limiter, atOnce] = [this.#limiter, this.#atOnce];
    const watched = { onFailure, observe, onStreamCut, tracing };
    // What one caller is shown of a project is no other's to see.
    const keptLists = cache === undefined ? undefined : keptListsIn(cache, `caller ${key.hash} of ${key.project}`);
    const deps = { control, keyring, clock, monotonicNow, connect, keptLists, link, ...watched, limiter, atOnce };
    const settings = this.#settings;
    const gateway = await createGateway(deps, unprobed(settings));
    if (settings !== this.#settings) gateway.reconfigure(unprobed(this.#settings));
    gateway.start();
    return {
      ...gateway,
      async close() {
        await link.close();
        await gateway.close();
      },
    };
  }

  #connect(bearer: string, { hash, project }: CallerKey, server: ServerToRun, events: UpstreamEvents): Upstream {
    const { mcpdUrl, connectDirectly, connectThroughMcpd } = this.#deps;
    if (isReachedDirectly(server.backing)) return connectDirectly(server, events);
    const { handle } = server;
    const url = `${mcpdUrl}/api/v1/projects/${project}/servers/${handle}/mcp`;
    return doubting(connectThroughMcpd({ handle, url, bearer }, events), () => this.#grants.drop(hash));
  }

  #client(bearer: string): ApiClient {
    return new ApiClient({ baseUrl: this.#deps.mcpdUrl, bearer, timeoutMs: MCPD_TIMEOUT_MS });
  }
}

/** Each caller has connections of their own: to probe them all would ask the same servers again and again, in the name of callers. */
function unprobed(settings: GatewaySettings): GatewaySettings {
  const { resilience } = settings;
  return { ...settings, resilience: { ...resilience, probe: { ...resilience.probe, intervalMs: undefined, maxAtOnce: 0 } } };
}

/** The gateway of those without a credential: it serves nothing, and answers for the health of all. */
function openNobody(
  { keyring, clock, monotonicNow, onFailure, observe }: BareGatewayDeps,
  settings: GatewaySettings,
  ended: EndedHere,
): Promise<Gateway> {
  const readNothing = async () => ({ projects: [], servers: [], secrets: {} });
  const control = callerControlPlane({
    readProject: readNothing,
    ended,
    refreshMs: 3_600_000,
    onUnrecorded: () => {},
    onRefused: () => {},
  });
  const connect = () => {
    throw new Error("nobody has a server");
  };
  const link = soloLink(newLinkId());
  return createGateway({ control, keyring, clock, monotonicNow, connect, link, onFailure, observe }, settings);
}

/** The credential of a header that `authenticate` has taken; of any other the whole of it, which then is nobody's. */
function bearerOf(authorization: string | null): string {
  return (authorization ?? "").replace(/^Bearer +/i, "");
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** The project that a request is about: the path's, else the token's own. */
function projectOf(route: Exclude<Route, { kind: "health" }>, { principal }: Caller): string | Refusal {
  const own = ownProject(principal);
  const name = route.project ?? own;
  if (name === undefined) {
    const where = route.kind === "server" ? `/api/v1/projects/<project>/servers/${route.server}/mcp` : "/projects/<project>/mcp";
    return refuse("forbidden", `This path takes its project from a token, and this credential has none; use ${where}`);
  }
  if (own !== undefined && name !== own) return refuse("forbidden", "The token does not belong to this project");
  return NAME.test(name) ? name : refuse("not_found", `There is no project ${name.slice(0, 64)}`);
}
