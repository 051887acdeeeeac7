import type { ServerDefinition, Snapshot } from "../api/server-definition.ts";
import type { ServerStatus } from "../api/server-status.ts";
import type { AppError } from "../core/app-error.ts";
import type { BackoffPolicy } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { edgePolicyFor } from "../core/edge-policy.ts";
import { matchesAnyGlob } from "../core/glob.ts";
import { randomIds } from "../core/ids.ts";
import { HeadMemory } from "./access/head-memory.ts";
import type { RequestObserver } from "./audit/finished-request.ts";
import type { KeptLists } from "./catalog/kept-lists.ts";
import type { ControlPlane } from "./control-plane.ts";
import { type MadeCall, type PreparedCall, prepareCall, type WaitingCall } from "./dispatch/prepare-call.ts";
import { RunningDispatches } from "./dispatch/running-dispatches.ts";
import { followControlPlane } from "./feed/follow-control-plane.ts";
import type { EndedSession } from "./feed/plan-reaction.ts";
import { GrantCache } from "./identity/grant-cache.ts";
import { answerLinked } from "./link/answer-linked.ts";
import type { ReplicaLink } from "./link/replica-link.ts";
import type { GatewayVitals } from "./metrics/gateway-vitals.ts";
import { ModernClients, PARKING_SETTINGS, type ParkingSettings } from "./modern-clients.ts";
import type { ModernRequestDeps } from "./modern-request.ts";
import type { PipelineDeps, PipelineLimits } from "./pipeline.ts";
import { DEFAULT_GATEWAY_POLICY, type GatewayPolicy } from "./policy/gateway-policy.ts";
import { OpenQuestions } from "./question/open-questions.ts";
import type { CallLimiter } from "./rate/call-limiter.ts";
import { type CallsAtOnce, callsAtOnce, callsAtOnceOptions } from "./rate/calls-at-once.ts";
import { memoryCallLimiter } from "./rate/memory-call-limiter.ts";
import { CallTimer } from "./resilience/call-timer.ts";
import { RESILIENCE_SETTINGS, type ResilienceSettings } from "./resilience/resilience-settings.ts";
import { ServerWatch, type ShownState, type StateChange } from "./resilience/server-watch.ts";
import { ClientEvents } from "./serving/client-events.ts";
import type { ServerToRun } from "./serving/server-to-run.ts";
import { Serving, type ServingSettings } from "./serving/serving.ts";
import { type HeldEndedSessions, holdEndedSessions } from "./session/held-ended-sessions.ts";
import type { Keyring } from "./session/sealed-id.ts";
import { SessionTable } from "./session/session-table.ts";
import { PairStreams } from "./sse-pair/pair-streams.ts";
import { SharedRoom } from "./stream/shared-room.ts";
import { STREAM_LIMITS, type StreamLimits, type StreamSettings, streamSettings } from "./stream/stream-settings.ts";
import type { RequestTracing } from "./tracing/call-trace.ts";
import type { Upstream, UpstreamEvents } from "./upstream/upstream.ts";

/** What may change while the gateway runs. */
export interface LiveSettings {
  readonly maxBodyBytes: number;
  /** How long a call may take in all, where its server's policy says nothing else. */
  readonly callTimeoutMs: number;
  readonly resilience: ResilienceSettings;
  /** What the configuration says of all servers. */
  readonly policy: GatewayPolicy;
}

export interface GatewaySettings extends LiveSettings {
  readonly bindAddress: string;
  /** Every route but health takes a bearer and nothing else. */
  readonly multiUser: boolean;
  readonly firstListWaitMs: number;
  /** How long a good answer about a credential serves, and a bad one. */
  readonly grantTtlMs: { readonly positive: number; readonly negative: number };
  /** Changes that come within this time are taken over together. */
  readonly gatherChangesMs: number;
  /** How a snapshot that cannot be read is tried again. */
  readonly rereadBackoff: BackoffPolicy;
  /** How long a server that was replaced may go on with the calls it has. */
  readonly drainMs: number;
  readonly streams: StreamLimits;
  /** How long a client has to answer a server's question. */
  readonly questionTimeoutMs: number;
  /** Calls of modern clients that wait for their client's input. */
  readonly parking: ParkingSettings;
}

export const GATEWAY_SETTINGS: Omit<GatewaySettings, "bindAddress"> = {
  multiUser: false,
  maxBodyBytes: 256 * 1024,
  callTimeoutMs: 3_600_000,
  firstListWaitMs: 1000,
  grantTtlMs: { positive: 30_000, negative: 5000 },
  gatherChangesMs: 50,
  rereadBackoff: { firstMs: 200, maxMs: 10_000 },
  drainMs: 10_000,
  streams: STREAM_LIMITS,
  questionTimeoutMs: 300_000,
  parking: PARKING_SETTINGS,
  resilience: RESILIENCE_SETTINGS,
  policy: DEFAULT_GATEWAY_POLICY,
};

export interface GatewayDeps {
  readonly control: ControlPlane;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly monotonicNow: () => number;
  /** Makes the connection to a server by what backs it. What it throws fails that server alone. */
  readonly connect: (server: ServerToRun, events: UpstreamEvents) => Upstream;
  /** Where the lists of a server are kept; undefined: nothing outlives the process. */
  readonly keptLists?: ((server: ServerToRun) => KeptLists) | undefined;
  /** Reaches the other processes of this gateway; nobody else receives by it. */
  readonly link: ReplicaLink;
  readonly onFailure: (error: AppError) => void;
  /** Hears when the state of a server is another one, within about a second. */
  readonly onStateChange?: (change: StateChange) => void;
  /** Hears of each request that is over. */
  readonly observe?: RequestObserver | undefined;
  /** Hears of each stream that was ended because its reader left too much unread. */
  readonly onStreamCut?: (() => void) | undefined;
  /** Opens the spans of requests. */
  readonly tracing?: RequestTracing | undefined;
  /** Counts calls, in place of this process's own memory. It never rejects. */
  readonly limiter?: CallLimiter | undefined;
  /** Of all calls in flight, where other gateways of this process count in it too. */
  readonly atOnce?: CallsAtOnce | undefined;
}

const MAX_SESSIONS_HELD = 10_000;
const SESSION_LIMIT_MS = 24 * 3600_000;
const SESSION_HOLD_MS = 10 * 60_000;
const SWEEP_MS = 30_000;
const MAX_GRANTS = 10_000;
const MAX_BATCH = 50;
const MAX_QUESTIONS_PER_SESSION = 64;
const MAX_PAIRS = { max: 1024, maxPerPrincipal: 64 };
/** How exactly the times of calls are kept. */
const CALL_TICK_MS = 50;
/** How long the end of dispatched calls may take to be kept when the gateway ends. */
const DISPATCH_FAREWELL_MS = 2000;

/** What has happened since the start. */
export interface GatewayCounts {
  /** Streams that ended because their reader left too much unread. */
  readonly streamsCut: number;
}

/** The gateway: the servers and projects that the control plane names, and the sessions of those who call. */
export interface Gateway {
  readonly pipeline: PipelineDeps;
  /** Connects to every enabled server in the background. */
  start(): void;
  /** Resolves when every server that runs now has been read or has failed once. */
  settled(): Promise<void>;
  statuses(): ServerStatus[];
  /** What it holds now. */
  vitals(): GatewayVitals;
  readonly counts: GatewayCounts;
  /** Calls that wait for their client to come back, go on for one that did, or are dispatched: of these the listener knows nothing. */
  parkedCalls(): number;
  /**
   * Holds for requests that come from now on; connections, sessions and calls in flight stay as they are. The policy's
   * routes, origins and hosts are those that it has: they are told to others at the start.
   */
  reconfigure(settings: LiveSettings): void;
  /** Judges a call that was dispatched earlier, and carries it out. */
  prepareCall(call: WaitingCall): PreparedCall | MadeCall;
  /** Takes nothing new from now on and ends the streams that only listen; calls in flight go on. */
  drain(): void;
  /** Takes no more calls; ends sessions and servers. No child is left when it resolves. */
  close(): Promise<void>;
}

/** Throws what the control plane throws: without a first snapshot there is nothing to serve. */
export async function createGateway(deps: GatewayDeps, settings: GatewaySettings): Promise<Gateway> {
  const { control, clock, monotonicNow, onFailure } = deps;
  const snapshot = await control.snapshot();
  const ended = await holdEndedSessions(control, clock);
  const streamRoom = new SharedRoom(settings.streams.maxKeptCharsOfAll);
  const sessions = createSessionTable(deps, settings, ended, streamRoom);
  const grants = createGrantCache(deps, settings);
  const timer = new CallTimer({ monotonicNow: () => performance.now(), tickMs: CALL_TICK_MS });
  const { drainMs, policy } = settings;
  const questions = createQuestions(deps, settings);
  const running = new RunningDispatches();
  const modern = createModernClients(deps, settings, timer, streamRoom, running);
  const pairs = new PairStreams(MAX_PAIRS);
  const onGone: typeof modern.dropWhere = (isGone) => {
    modern.dropWhere(isGone);
    // The pair is served for projects alone.
    pairs.endWhere(({ project }) => isGone({ project, server: undefined }));
  };
  const clients = new ClientEvents({ audience: () => [...sessions.held(), ...modern.audience()], questions });
  const limits = { monotonicNow, timer, drainMs, settings: servingSettingsOf(settings) };
  const serving = new Serving({ connect: deps.connect, keptLists: deps.keptLists, sessions, clients, onGone, onFailure, ...limits });
  serving.apply(snapshot);
  receive(deps, { sessions, questions, pairs, ended, modern: modern.deps });
  const feed = follow(deps, settings, snapshot, { serving, ended, sessions, modern, pairs, grants });
  const stopSweeping = sweepRegularly(sessions, ended, modern);
  const watch = watchServers(serving, deps, settings);
  const counts = new Counts(deps.onStreamCut);
  let ready = false;
  let stopping = false;
  const pipeline: PipelineDeps & Changing = {
    edge: edgePolicyFor(settings.bindAddress, policy.allowedHosts),
    grants,
    multiUser: settings.multiUser,
    served: serving,
    heads: new HeadMemory(),
    statuses: () => statusesOf(serving, pipeline.policy),
    sessions,
    atOnce: deps.atOnce ?? callsAtOnce(policy),
    limiter: deps.limiter ?? memoryCallLimiter(monotonicNow),
    limits: { ...settings, maxBatch: MAX_BATCH },
    policy,
    streams: { settings: streamSettingsOf(settings), onCut: counts.streamCut },
    questions,
    pairs,
    link: deps.link,
    audit: (draft) => control.audit(draft),
    observe: deps.observe,
    tracing: deps.tracing,
    clock,
    monotonicNow,
    timer,
    modern: modern.deps,
    dispatch: { tasks: control.tasks, running, peers: modern.deps.peers, ids: randomIds },
    ready: () => ready,
    stopping: () => stopping,
    onFailure,
  };
  return {
    pipeline,
    start() {
      ready = true;
      serving.start();
      watch.start();
    },
    settled: () => serving.settled(),
    statuses: () => statusesOf(serving, pipeline.policy),
    vitals: () => vitalsOf(serving, sessions, modern, pairs),
    counts,
    parkedCalls: () => modern.parkedCalls + running.size,
    prepareCall: (call) => prepareCall(pipeline, call),
    reconfigure(next) {
      pipeline.policy = next.policy;
      pipeline.limits = { ...pipeline.limits, maxBodyBytes: next.maxBodyBytes, callTimeoutMs: next.callTimeoutMs };
      pipeline.atOnce.configure(callsAtOnceOptions(next.policy));
      watch.configure(next.resilience.probe);
      serving.configure(servingSettingsOf(next));
    },
    drain() {
      ready = false;
      stopping = true;
      for (const session of sessions.held()) session.endStreams();
      modern.endStreams();
      pairs.drain();
    },
    async close() {
      ready = false;
      feed.close();
      stopSweeping();
      await watch.close();
      sessions.closeAll();
      pairs.endWhere(() => true);
      modern.close();
      await serving.close();
      // Their servers are gone, so that they end now: how is still to be kept.
      await running.idle(DISPATCH_FAREWELL_MS);
      timer.close();
    },
  };
}

/** What of the pipeline's parts becomes another one while it runs; each request finds those of its time. */
interface Changing {
  policy: GatewayPolicy;
  limits: PipelineLimits;
}

function servingSettingsOf({ callTimeoutMs, resilience, policy: { allowServers, denyTools } }: LiveSettings): ServingSettings {
  return { callTimeoutMs, resilience, allowServers, denyTools };
}

class Counts implements GatewayCounts {
  readonly #onStreamCut: GatewayDeps["onStreamCut"];
  streamsCut = 0;

  constructor(onStreamCut: GatewayDeps["onStreamCut"]) {
    this.#onStreamCut = onStreamCut;
  }

  readonly streamCut = (): void => {
    this.streamsCut += 1;
    this.#onStreamCut?.();
  };
}

interface Followers {
  readonly serving: Serving;
  readonly ended: HeldEndedSessions;
  readonly sessions: SessionTable;
  readonly modern: ModernClients;
  readonly pairs: PairStreams;
  readonly grants: GrantCache;
}

function follow({ control, onFailure }: GatewayDeps, settings: GatewaySettings, { revision }: Snapshot, followers: Followers) {
  const { serving, sessions, modern, pairs, grants } = followers;
  return followControlPlane({
    control,
    revision,
    onSnapshot: (next) => serving.apply(next),
    onEnded: (entries) => takeEnded(entries, followers),
    onForget(hashes) {
      if (hashes !== "all") {
        for (const hash of hashes) grants.drop(hash);
        return;
      }
      grants.drop();
      modern.renewCallers();
    },
    // What was opened with a token that is revoked now must not go on; who holds a good one opens it anew.
    onTokensChanged(hashes) {
      sessions.endStreamsOf(hashes);
      modern.endStreamsOf(hashes);
      pairs.endOf(hashes);
    },
    onFailure,
    gatherMs: settings.gatherChangesMs,
    retry: settings.rereadBackoff,
  });
}

/** Carries out what other processes send for what is held here. */
function receive({ link }: GatewayDeps, held: Held): void {
  const { sessions, questions, pairs, modern } = held;
  const onEnded = (idHash: string, expiresAt: Date) => takeEnded([{ idHash, expiresAt }], held);
  link.receive((message) => answerLinked({ ...modern, sessions, questions, pairs, onEnded }, message));
}

type Held = Pick<Followers, "sessions" | "ended" | "pairs"> & { readonly questions: OpenQuestions; readonly modern: ModernRequestDeps };

function takeEnded(entries: readonly EndedSession[], { ended, sessions }: Pick<Followers, "sessions" | "ended">): void {
  ended.take(entries);
  for (const { idHash } of entries) sessions.endedElsewhere(idHash);
}

function createGrantCache({ control, clock }: GatewayDeps, { grantTtlMs }: GatewaySettings): GrantCache {
  const introspect: ControlPlane["introspect"] = (credential, address) => control.introspect(credential, address);
  const { positive, negative } = grantTtlMs;
  return new GrantCache({ introspect, clock, positiveTtlMs: positive, negativeTtlMs: negative, maxEntries: MAX_GRANTS });
}

function createSessionTable(
  { keyring, clock, link }: GatewayDeps,
  settings: GatewaySettings,
  ended: HeldEndedSessions,
  room: SharedRoom,
): SessionTable {
  return new SessionTable({
    keyring,
    clock,
    ended,
    absoluteLimitMs: SESSION_LIMIT_MS,
    holdMs: SESSION_HOLD_MS,
    maxHeld: MAX_SESSIONS_HELD,
    streams: { self: link.self, settings: streamSettingsOf(settings), room },
  });
}

function createQuestions({ link }: GatewayDeps, { questionTimeoutMs: timeoutMs }: GatewaySettings): OpenQuestions {
  return new OpenQuestions({ self: link.self, timeoutMs, maxPerSession: MAX_QUESTIONS_PER_SESSION });
}

function createModernClients(
  deps: GatewayDeps,
  settings: GatewaySettings,
  timer: CallTimer,
  streamRoom: SharedRoom,
  running: RunningDispatches,
): ModernClients {
  const tasks = { tasks: deps.control.tasks, running, ids: randomIds };
  return new ModernClients({ ...deps, timer, parking: settings.parking, streamSettings: streamSettingsOf(settings), streamRoom, tasks });
}

function streamSettingsOf({ streams, policy }: GatewaySettings): StreamSettings {
  return streamSettings(streams, policy.stream);
}

function sweepRegularly(sessions: SessionTable, ended: HeldEndedSessions, modern: ModernClients): () => void {
  const sweeper = setInterval(() => {
    sessions.sweep();
    modern.sweep();
    ended.prune();
  }, SWEEP_MS);
  sweeper.unref();
  return () => clearInterval(sweeper);
}

function watchServers(serving: Serving, { monotonicNow, onStateChange = () => {} }: GatewayDeps, { resilience }: GatewaySettings) {
  const { probe, watchMs } = resilience;
  const states = () => serving.snapshot.servers.map(({ handle }) => shownState(handle, serving));
  return new ServerWatch({ hosts: () => serving.hosts(), states, probe, watchMs, monotonicNow, random: Math.random, onStateChange });
}

function shownState(handle: string, serving: Serving): ShownState {
  return { handle, ...(serving.server(handle)?.host.upstream.status() ?? { state: "disabled" }) };
}

function vitalsOf(serving: Serving, sessions: SessionTable, modern: ModernClients, pairs: PairStreams): GatewayVitals {
  const held = [...sessions.held()];
  return {
    sessionsHeld: held.length,
    streamsOpen: { legacy: held.reduce((sum, { openStreams }) => sum + openStreams, pairs.size), modern: modern.openStreams },
    callsParked: modern.parkedCalls,
    servers: serving.snapshot.servers.map(({ handle }) => {
      const host = serving.server(handle)?.host;
      const { state, cause } = host?.upstream.status() ?? { state: "disabled" as const, cause: undefined };
      const { stale = false, ageMs: catalogAgeMs } = host?.catalog ?? {};
      return { handle, state, cause, callsInFlight: host?.calls.now ?? 0, stale, catalogAgeMs };
    }),
  };
}

function statusesOf(serving: Serving, { allowServers }: GatewayPolicy): ServerStatus[] {
  return serving.snapshot.servers.map((server) => {
    const status = statusOf(server, serving, serving.snapshot);
    return matchesAnyGlob(allowServers, server.handle) ? status : { ...status, reason: NOT_SERVED };
  });
}

const NOT_SERVED = "the gateway's configuration does not serve it (security.allow_servers)";

function statusOf(server: ServerDefinition, serving: Serving, snapshot: Snapshot): ServerStatus {
  const { handle, enabled, backing } = server;
  const catalog = serving.server(handle)?.host.catalog;
  const projects = snapshot.projects.filter(({ servers }) => servers.includes(handle)).map(({ name }) => name);
  const tools = catalog?.lists?.tools.length ?? null;
  const shown = shownState(handle, serving);
  const reason = shown.reason ?? catalog?.warning;
  return {
    ...shown,
    ...(reason === undefined ? {} : { reason }),
    backing: backing.kind,
    enabled,
    tools,
    stale: catalog?.stale ?? false,
    projects,
  };
}
