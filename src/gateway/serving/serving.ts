import type { Snapshot } from "../../api/server-definition.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import type { Served } from "../access/resolve-place.ts";
import type { KeptLists } from "../catalog/kept-lists.ts";
import { ServerCatalog } from "../catalog/server-catalog.ts";
import { toolRulesOf } from "../catalog/tool-rules.ts";
import { serverView, type View } from "../catalog/view.ts";
import { servedOf } from "../policy/allowed-servers.ts";
import type { CallTimer } from "../resilience/call-timer.ts";
import { type GuardedUpstream, guardedUpstream } from "../resilience/guarded-upstream.ts";
import { type CallLimits, limitsOf, type ResilienceSettings } from "../resilience/resilience-settings.ts";
import type { BoundTo } from "../scope.ts";
import type { ServerHost } from "../server-host.ts";
import { LiveSession } from "../session/live-session.ts";
import type { SessionTable } from "../session/session-table.ts";
import { SubscriptionTable } from "../subscription/subscription-table.ts";
import type { Peer } from "../upstream/peer.ts";
import { unconnectedUpstream } from "../upstream/unconnected-upstream.ts";
import type { Upstream, UpstreamEvents } from "../upstream/upstream.ts";
import { CallsInFlight } from "./calls-in-flight.ts";
import type { ClientEvents } from "./client-events.ts";
import { type HostAction, planHosts } from "./plan-hosts.ts";
import { ServedProject } from "./served-project.ts";
import type { ServedServer } from "./served-server.ts";
import { type ServerToRun, serversToRun } from "./server-to-run.ts";

/** What holds for all servers, and may change while they run. */
export interface ServingSettings {
  readonly resilience: ResilienceSettings;
  /** How long a call may take in all, where its server's policy says nothing else. */
  readonly callTimeoutMs: number;
  /** Patterns of the handles of servers that are served. */
  readonly allowServers: readonly string[];
  /** Patterns of tools that are refused, of every server. */
  readonly denyTools: readonly string[];
}

export interface ServingOptions {
  /** Makes the connection to a server by what backs it. What it throws fails that server alone. */
  readonly connect: (server: ServerToRun, events: UpstreamEvents) => Upstream;
  /** Where the lists of a server are kept; undefined: nothing outlives the process. */
  readonly keptLists?: ((server: ServerToRun) => KeptLists) | undefined;
  readonly sessions: Pick<SessionTable, "dropWhere">;
  readonly clients: ClientEvents;
  /** The projects of these ids are there, and no others. */
  /** Projects and servers are gone: what is bound to them is to be let go of. */
  readonly onGone: (isGone: (bound: BoundTo) => boolean) => void;
  readonly monotonicNow: () => number;
  readonly onFailure: (error: AppError) => void;
  /** How long a server that was replaced may go on with the calls it has. */
  readonly drainMs: number;
  readonly settings: ServingSettings;
  /** Holds calls to their times. */
  readonly timer: CallTimer;
}

const EMPTY: Snapshot = { revision: 0, projects: [], servers: [], secrets: {} };

/**
 * What the gateway serves: the servers that run and the projects over them, brought to each new snapshot.
 *
 * A snapshot takes effect in one turn: a request sees all of it or nothing. What did not change is not touched.
 */
export class Serving implements Served {
  readonly #options: ServingOptions;
  readonly #closing = new AbortController();
  readonly #endings = new Set<Promise<void>>();
  readonly #hosts = new Map<string, ServerHost>();
  #servers: ReadonlyMap<string, ServedServer> = new Map();
  #projects: ReadonlyMap<string, ServedProject> = new Map();
  /** As the control plane gave it. */
  #given: Snapshot = EMPTY;
  #snapshot: Snapshot = EMPTY;
  #settings: ServingSettings;
  #started = false;
  epoch = 0;

  constructor(options: ServingOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  project(name: string): ServedProject | undefined {
    return this.#projects.get(name);
  }

  server(handle: string): ServedServer | undefined {
    return this.#servers.get(handle);
  }

  /** The servers that run. */
  hosts(): Iterable<ServerHost> {
    return this.#hosts.values();
  }

  /** Connects to every server in the background, and to those that come from now on. */
  start(): void {
    this.#started = true;
    for (const { upstream } of this.#hosts.values()) upstream.start();
  }

  /** Resolves when every server that runs now has been read or has failed once. */
  async settled(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(({ catalog }) => catalog.refresh()));
  }

  /** Takes effect in one turn, as a snapshot does. A server that is not served any more may go on with the calls it has for `drainMs`. */
  configure(settings: ServingSettings): void {
    this.#settings = settings;
    this.#bringTo(this.#given, this.#options.drainMs);
  }

  apply(given: Snapshot): void {
    this.#bringTo(given, 0);
  }

  #bringTo(given: Snapshot, stopDrainMs: number): void {
    if (this.#closing.signal.aborted) return;
    this.#given = given;
    this.epoch += 1;
    const snapshot = servedOf(given, this.#settings.allowServers);
    const before = this.#projects;
    const running = [...this.#hosts.values()].map(({ definition }) => definition);
    const gone = planHosts(running, serversToRun(snapshot)).flatMap((action) => this.#carryOut(action, stopDrainMs));
    this.#snapshot = snapshot;
    this.#servers = new Map([...this.#hosts].map(([handle, host]) => [handle, this.#serverOf(host)]));
    this.#projects = new Map(snapshot.projects.map((project) => [project.name, this.#projectOf(project)]));
    this.#tell(before);
    for (const end of gone) end();
  }

  /** Stops every server, those that were to be replaced too. No child is left when it resolves. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#hosts.values()].map((host) => this.#close(host)));
    await Promise.all(this.#endings);
  }

  /** Returns how to end what is no longer served; that comes last, so that no request meets a server on its way out. */
  #carryOut(action: HostAction, stopDrainMs: number): (() => void)[] {
    if (action.kind === "stop") return this.#take(action.handle, stopDrainMs);
    const { server } = action;
    const known = this.#hosts.get(server.handle);
    if (action.kind === "keep" && known !== undefined) {
      known.definition = server;
      known.upstream.configure(this.#limitsOf(server));
      known.catalog.setLimits(this.#settings.resilience.catalog);
      known.catalog.setRules(toolRulesOf(server, this.#settings.denyTools));
      return [];
    }
    const endings = this.#take(server.handle, this.#options.drainMs);
    const host = this.#hostOf(server);
    this.#hosts.set(server.handle, host);
    // Who subscribed to what one server has, did not to what another one has under its handle.
    if (known?.definition.id === server.id) known.subscriptions.moveTo(host.subscriptions);
    if (this.#started) {
      host.upstream.start();
      void host.catalog.refresh();
    }
    return endings;
  }

  #take(handle: string, drainMs: number): (() => void)[] {
    const host = this.#hosts.get(handle);
    this.#hosts.delete(handle);
    if (host === undefined) return [];
    return [
      () => {
        const ending = host.calls.idle(drainMs, this.#closing.signal).then(() => this.#close(host));
        this.#endings.add(ending);
        void ending.finally(() => this.#endings.delete(ending));
      },
    ];
  }

  async #close(host: ServerHost): Promise<void> {
    await host.upstream.close().catch((thrown: unknown) => this.#options.onFailure(toAppError(thrown)));
  }

  #hostOf(definition: ServerToRun): ServerHost {
    const { handle } = definition;
    const connected = this.#connect(definition, {
      listChanged: () => catalog.invalidate(),
      resourceUpdated: (uri) => host.subscriptions.updated(uri),
      notified: (peer, message) => this.#options.clients.notified(host, this.#viewOf(host, peer), peer, message),
      asked: (peer, question) => this.#options.clients.asked(host, this.#viewOf(host, peer), peer, question),
    });
    const upstream = this.#guard(definition, connected, () => catalog);
    const catalog: ServerCatalog = new ServerCatalog({
      handle,
      upstream,
      rules: toolRulesOf(definition, this.#settings.denyTools),
      limits: this.#settings.resilience.catalog,
      kept: definition.backing.kind === "builtin" ? undefined : this.#options.keptLists?.(definition),
      monotonicNow: this.#options.monotonicNow,
      onChange: (kinds) => {
        if (this.#hosts.get(handle) === host) this.#options.clients.listsChanged(host, kinds, this.#projects.values());
      },
    });
    const subscriptions = new SubscriptionTable(upstream);
    const host: ServerHost = { handle, definition, upstream, catalog, calls: new CallsInFlight(), subscriptions };
    return host;
  }

  #connect(server: ServerToRun, events: UpstreamEvents): Upstream {
    try {
      return this.#options.connect(server, events);
    } catch (thrown) {
      const error = toAppError(thrown);
      this.#options.onFailure(error);
      return unconnectedUpstream(server.handle, error.message, error.reason);
    }
  }

  #guard(definition: ServerToRun, upstream: Upstream, catalog: () => ServerCatalog): GuardedUpstream {
    const { monotonicNow, timer } = this.#options;
    return guardedUpstream(upstream, {
      handle: definition.handle,
      limits: this.#limitsOf(definition),
      timer,
      monotonicNow,
      random: Math.random,
      isRepeatableTool: (name) => catalog().isRepeatable(name),
      listsProblem: () => catalog().problem,
    });
  }

  #limitsOf(server: ServerToRun): CallLimits {
    const { resilience, callTimeoutMs } = this.#settings;
    return limitsOf(server, resilience, callTimeoutMs);
  }

  #serverOf(host: ServerHost): ServedServer {
    const known = this.#servers.get(host.handle);
    return known?.host === host ? known : { host, view: serverView(host) };
  }

  /** The one that is served already where this one would be no other, so that its texts and views stay. */
  #projectOf(definition: Snapshot["projects"][number]): ServedProject {
    const hosts = definition.servers.map((handle) => this.#hosts.get(handle)).filter((host) => host !== undefined);
    const made = new ServedProject(definition, hosts);
    const known = this.#projects.get(definition.name);
    return known?.isLike(made) === true ? known : made;
  }

  /** How this client sees the server now; undefined where it does not any more. */
  #viewOf(host: ServerHost, peer: Peer): View | undefined {
    if (!(peer instanceof LiveSession)) return undefined;
    if (peer.server !== undefined) return peer.server === host.definition.id ? this.#servers.get(host.handle)?.view : undefined;
    const project = [...this.#projects.values()].find(({ id }) => id === peer.project);
    if (project?.hosts.includes(host) !== true || peer.caller === undefined) return undefined;
    return project.viewFor(peer.caller);
  }

  /** Ends what belongs to projects and servers that are gone, and tells clients who listen what changed in the others. */
  #tell(before: ReadonlyMap<string, ServedProject>): void {
    const { sessions, clients, onGone } = this.#options;
    const projects = new Set([...this.#projects.values()].map(({ id }) => id));
    const servers = new Set(this.#snapshot.servers.map(({ id }) => id));
    const isGone = ({ project, server }: BoundTo) =>
      (project !== undefined && !projects.has(project)) || (server !== undefined && !servers.has(server));
    const deleted = new AppError("canceled", "CALL_CANCELED", "The call was canceled: its project or server is gone");
    sessions.dropWhere(({ claims }) => isGone(claims), deleted);
    onGone(isGone);
    for (const [name, project] of this.#projects) {
      const earlier = before.get(name);
      if (earlier !== undefined && earlier !== project && earlier.id === project.id) clients.projectChanged(earlier, project);
    }
  }
}
