import type { AppError } from "../core/app-error.ts";
import type { Clock } from "../core/clock.ts";
import type { ReplicaLink } from "./link/replica-link.ts";
import { Listens } from "./listen/listens.ts";
import type { ModernCall } from "./modern-call.ts";
import type { ModernRequestDeps } from "./modern-request.ts";
import type { CallTask, TaskDeps } from "./modern-task/call-task.ts";
import { LiveTasks } from "./modern-task/live-tasks.ts";
import { ParkedCalls } from "./parking/parked-calls.ts";
import { ModernPeers } from "./peers/modern-peers.ts";
import type { CallTimer } from "./resilience/call-timer.ts";
import type { BoundTo } from "./scope.ts";
import type { Audience } from "./serving/client-events.ts";
import type { Keyring } from "./session/seal.ts";
import type { SharedRoom } from "./stream/shared-room.ts";
import type { StreamSettings } from "./stream/stream-settings.ts";

/** Calls of modern clients that wait for their client's input. */
export interface ParkingSettings {
  /** How long a client has to come back, in ms. */
  readonly parkMs: number;
  /** Questions that come within this time are asked together, in ms. */
  readonly bundleMs: number;
  readonly max: number;
  readonly maxPerPrincipal: number;
}

export const PARKING_SETTINGS: ParkingSettings = { parkMs: 300_000, bundleMs: 5, max: 1000, maxPerPrincipal: 32 };

export interface ModernClientsOptions {
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly link: ReplicaLink;
  readonly monotonicNow: () => number;
  readonly timer: CallTimer;
  readonly parking: ParkingSettings;
  readonly streamSettings: StreamSettings;
  readonly streamRoom: SharedRoom;
  readonly tasks: Omit<TaskDeps, "live" | "self" | "onFailure">;
  readonly onFailure: (error: AppError) => void;
}

const MAX_PEERS = { max: 10_000, maxPerPrincipal: 256 };
const PEER_IDLE_MS = 5 * 60_000;
const MAX_LISTENS = { max: 1024, maxPerPrincipal: 64 };

/** What this process holds for modern clients, who have no sessions: their peers, the calls that wait for them, their streams of changes. */
export class ModernClients {
  readonly deps: ModernRequestDeps;
  readonly #peers: ModernPeers;
  readonly #parked: ParkedCalls<ModernCall>;
  readonly #listens = new Listens(MAX_LISTENS);

  constructor(options: ModernClientsOptions) {
    const { parking, link, monotonicNow } = options;
    this.#peers = new ModernPeers({ ...MAX_PEERS, idleMs: PEER_IDLE_MS, monotonicNow });
    this.#parked = new ParkedCalls({ self: link.self, max: parking.max, maxPerPrincipal: parking.maxPerPrincipal });
    this.deps = {
      ...options,
      parkMs: parking.parkMs,
      bundleMs: parking.bundleMs,
      peers: this.#peers,
      parked: this.#parked,
      listens: this.#listens,
      tasks: { ...options.tasks, live: new LiveTasks<CallTask>(), self: link.self, onFailure: options.onFailure },
    };
  }

  /** Streams of changes that are open. */
  get openStreams(): number {
    return this.#listens.size;
  }

  /** Calls that have asked their client something and are not over. */
  get parkedCalls(): number {
    return this.#parked.size;
  }

  audience(): Iterable<Audience> {
    return this.#listens.held();
  }

  /** Lets go of what belongs to projects and servers that are gone. */
  readonly dropWhere = (isGone: (bound: BoundTo) => boolean): void => {
    this.#peers.closeWhere(isGone);
    this.#listens.endWhere(isGone);
  };

  /** Ends the streams that were opened with a token of these hashes. */
  endStreamsOf(tokenHashes: readonly string[]): void {
    this.#listens.endOf(tokenHashes);
  }

  /** What clients may do may be something else now. */
  renewCallers(): void {
    void this.#listens.renewCallers();
  }

  sweep(): void {
    this.#peers.sweep();
  }

  endStreams(): void {
    this.#listens.endAll();
  }

  close(): void {
    this.endStreams();
    this.#parked.closeAll();
    this.#peers.closeWhere(() => true);
  }
}
