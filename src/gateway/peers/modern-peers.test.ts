import { describe, expect, test } from "bun:test";
import type { ModernPeer } from "./modern-peer.ts";
import { ModernPeers, type ModernPeersOptions, type PeerKey } from "./modern-peers.ts";

const KEY: PeerKey = { principalId: "token:1", project: "p", server: undefined, clientInfo: { name: "a", version: "1" }, capabilities: {} };
const ASKABLE: PeerKey = { ...KEY, capabilities: { elicitation: {} } };

function setup(options: Partial<ModernPeersOptions> = {}) {
  const time = { ms: 0 };
  const peers = new ModernPeers({ max: 10, maxPerPrincipal: 5, idleMs: 1000, monotonicNow: () => time.ms, ...options });
  const closed: ModernPeer[] = [];
  const take = (key: PeerKey) => {
    const peer = peers.take(key);
    peer.onClose(() => closed.push(peer));
    return peer;
  };
  return { peers, take, time, closed };
}

describe("a client that offers nothing", () => {
  test("is one peer to all its calls at one place, whatever program it is, and another one elsewhere", () => {
    const { take } = setup();
    const peer = take(KEY);
    expect(take({ ...KEY, clientInfo: { name: "b", version: "2" } })).toBe(peer);
    expect(peer.capabilities).toEqual({});
    for (const other of [{ principalId: "token:2" }, { project: "q" }, { server: "s" }]) expect(take({ ...KEY, ...other })).not.toBe(peer);
  });
});

describe("a client that may be asked", () => {
  test("is a peer of its own to each call, and the same again to the next", () => {
    const { take, peers } = setup();
    const [one, two] = [take(ASKABLE), take(ASKABLE)];
    expect(one).not.toBe(two);
    expect(one).toMatchObject({ capabilities: { elicitation: {} }, clientInfo: { name: "a", version: "1" } });
    peers.giveBack(one, "well");
    expect(take(ASKABLE)).toBe(one);
  });

  test("of another principal, place, program or offer is another peer", () => {
    const { take, peers } = setup();
    const peer = take(ASKABLE);
    peers.giveBack(peer, "well");
    const others = [{ principalId: "token:2" }, { project: "q" }, { clientInfo: undefined }, { capabilities: { roots: {} } }];
    for (const other of others) expect(take({ ...ASKABLE, ...other })).not.toBe(peer);
  });

  test("is not met again by a server whose last call of it did not end well", () => {
    const { take, peers, closed } = setup();
    const peer = take(ASKABLE);
    peers.giveBack(peer, "otherwise");
    expect(closed).toEqual([peer]);
    expect(take(ASKABLE)).not.toBe(peer);
  });
});

test("one principal has no more at work than its bound, and takes no room from others", () => {
  const { take, peers } = setup();
  const mine = Array.from({ length: 5 }, () => take(ASKABLE));
  expect(() => take(ASKABLE)).toThrow(expect.objectContaining({ code: "exhausted", reason: "UPSTREAM_BUSY" }));
  take({ ...ASKABLE, principalId: "token:2" });
  peers.giveBack(mine[0] as ModernPeer, "well");
  expect(take({ ...ASKABLE, capabilities: { roots: {} } })).not.toBe(mine[0]);
  expect(peers.size).toBe(6);
});

test("all of them together are no more than their bound: the one that was used longest ago makes room", () => {
  const { take, peers, closed } = setup({ max: 3 });
  const [first, second] = ["1", "2"].map((id) => take({ ...ASKABLE, principalId: id })) as [ModernPeer, ModernPeer];
  take({ ...ASKABLE, principalId: "3" });
  expect(() => take({ ...ASKABLE, principalId: "4" })).toThrow("Too many");
  peers.giveBack(second, "well");
  peers.giveBack(first, "well");
  take({ ...ASKABLE, principalId: "4" });
  expect(closed).toEqual([second]);
});

test("those that nobody used for a while are closed, and those that carry a call are not", () => {
  const { take, peers, time, closed } = setup();
  const [idle, busy] = [take(ASKABLE), take(ASKABLE)];
  peers.giveBack(idle, "well");
  time.ms = 1000;
  peers.sweep();
  expect(closed).toEqual([idle]);
  peers.giveBack(busy, "well");
  time.ms = 1999;
  peers.sweep();
  expect(peers.size).toBe(1);
});

test("those whose ground is gone are closed, also while they carry a call", () => {
  const { take, peers, closed } = setup();
  const [peer, other] = [take(ASKABLE), take({ ...ASKABLE, project: "q" })];
  peers.closeWhere(({ project }) => project === "p");
  expect(closed).toEqual([peer]);
  peers.giveBack(peer, "well");
  expect(take(ASKABLE)).not.toBe(peer);
  expect(closed).not.toContain(other);
});
