import { AppError } from "../../core/app-error.ts";
import type { Peer } from "../upstream/peer.ts";
import { ModernPeer } from "./modern-peer.ts";

/** Whose a peer is, and what of it a server sees: nothing that one of them did is ever shown to another. */
export interface PeerKey {
  /** As `<kind>:<id>`. */
  readonly principalId: string;
  /** The project's id, and the server's id on a route of one server. */
  readonly project: string | undefined;
  readonly server: string | undefined;
  readonly clientInfo: Peer["clientInfo"];
  /** What the client may be asked. Empty: all calls of the principal share one peer. */
  readonly capabilities: Peer["capabilities"];
}

export interface ModernPeersOptions {
  readonly max: number;
  readonly maxPerPrincipal: number;
  /** One that nobody used for so long is closed. */
  readonly idleMs: number;
  readonly monotonicNow: () => number;
}

interface Entry {
  readonly peer: ModernPeer;
  readonly key: PeerKey;
  readonly name: string;
  usedAt: number;
  /** Calls that it carries now. */
  calls: number;
}

const NOTHING = {};

/**
 * The peers of modern clients, which have no sessions themselves. One that offers nothing is shared by the calls of its
 * principal at one place; one that may be asked carries one call at a time, so that a question is asked of the call that
 * it belongs to.
 */
export class ModernPeers {
  readonly #options: ModernPeersOptions;
  /** In the order of their last use. */
  readonly #entries = new Map<ModernPeer, Entry>();
  /** Those that carry no call alone and may be had, by what they are. */
  readonly #free = new Map<string, ModernPeer[]>();
  readonly #perPrincipal = new Map<string, number>();

  constructor(options: ModernPeersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A peer for one call. Throws `exhausted`/`UPSTREAM_BUSY` where the principal has too many at work, or all have. */
  take(key: PeerKey): ModernPeer {
    const shared = isShared(key);
    const name = nameOf(shared ? { ...key, clientInfo: undefined } : key);
    const free = this.#free.get(name) ?? [];
    const peer = (shared ? free[0] : free.pop()) ?? this.#open(key, name, free);
    if (free.length === 0) this.#free.delete(name);
    const entry = this.#entries.get(peer);
    if (entry !== undefined) this.#use(entry, 1);
    return peer;
  }

  /** The call is over. One that ended otherwise than by its answer is not used again: the server may not be done with it. */
  giveBack(peer: ModernPeer, ended: "well" | "otherwise"): void {
    const entry = this.#entries.get(peer);
    peer.ask = undefined;
    if (entry === undefined) return;
    this.#use(entry, -1);
    if (isShared(entry.key)) return;
    if (ended === "well") this.#free.set(entry.name, [...(this.#free.get(entry.name) ?? []), peer]);
    else this.#close(entry);
  }

  /** Closes those that nobody used for a while. */
  sweep(): void {
    const before = this.#options.monotonicNow() - this.#options.idleMs;
    for (const entry of [...this.#entries.values()]) if (entry.calls === 0 && entry.usedAt <= before) this.#close(entry);
  }

  /** Closes those whose ground is gone. */
  closeWhere(isGone: (key: PeerKey) => boolean): void {
    for (const entry of [...this.#entries.values()]) if (isGone(entry.key)) this.#close(entry);
  }

  #open(key: PeerKey, name: string, free: ModernPeer[]): ModernPeer {
    const { principalId } = key;
    this.#makeRoom(principalId);
    const peer = new ModernPeer({ principalId, clientInfo: key.clientInfo, capabilities: isShared(key) ? NOTHING : key.capabilities });
    this.#entries.set(peer, { peer, key, name, usedAt: this.#options.monotonicNow(), calls: 0 });
    this.#perPrincipal.set(principalId, (this.#perPrincipal.get(principalId) ?? 0) + 1);
    if (!isShared(key)) return peer;
    free.push(peer);
    this.#free.set(name, free);
    return peer;
  }

  /** The one that was used longest ago and carries no call goes. */
  #makeRoom(principalId: string): void {
    const { max, maxPerPrincipal } = this.#options;
    const isFull = (this.#perPrincipal.get(principalId) ?? 0) >= maxPerPrincipal;
    if (!isFull && this.#entries.size < max) return;
    const victim = [...this.#entries.values()].find(({ calls, key }) => calls === 0 && (!isFull || key.principalId === principalId));
    if (victim === undefined) throw tooMany();
    this.#close(victim);
  }

  #use(entry: Entry, calls: 1 | -1): void {
    entry.calls += calls;
    entry.usedAt = this.#options.monotonicNow();
    this.#entries.delete(entry.peer);
    this.#entries.set(entry.peer, entry);
  }

  #close({ peer, key, name }: Entry): void {
    this.#entries.delete(peer);
    const free = (this.#free.get(name) ?? []).filter((other) => other !== peer);
    if (free.length === 0) this.#free.delete(name);
    else this.#free.set(name, free);
    const left = (this.#perPrincipal.get(key.principalId) ?? 1) - 1;
    if (left === 0) this.#perPrincipal.delete(key.principalId);
    else this.#perPrincipal.set(key.principalId, left);
    peer.close();
  }
}

function isShared({ capabilities }: PeerKey): boolean {
  return Object.keys(capabilities).length === 0;
}

function nameOf({ principalId, project, server, clientInfo, capabilities }: PeerKey): string {
  return JSON.stringify([principalId, project ?? null, server ?? null, clientInfo ?? null, capabilities]);
}

function tooMany(): AppError {
  return new AppError("exhausted", "UPSTREAM_BUSY", "Too many calls that may ask their client are in flight already");
}
