import { expect, test } from "bun:test";
import { FEED_KINDS, type FeedKind } from "../../api/feed-event.ts";
import { planReaction } from "./plan-reaction.ts";

const changed = (revision: number, ...kinds: FeedKind[]) =>
  ({ kind: "changed", event: { revision, touched: kinds.map((kind) => ({ kind, ref: `ref of ${kind}` })) } }) as const;

test("each kind of change makes read and forget what it may have changed, and nothing else", () => {
  const reactions = Object.fromEntries(
    FEED_KINDS.map((kind) => {
      const { forget, readSnapshot, ended } = planReaction(6, changed(7, kind));
      return [kind, [forget === "all" ? "all" : forget.length, readSnapshot, ended === "read" ? "read" : ended.length]];
    }),
  );
  expect(reactions).toEqual({
    users: ["all", false, 0],
    groups: ["all", false, 0],
    rbac: ["all", false, 0],
    projects: ["all", true, 0],
    servers: [0, true, 0],
    secrets: [0, true, 0],
    prompts: [0, true, 0],
    mcptokens: [1, false, 0],
    sessions: ["all", false, 0],
    jwts: ["all", false, 0],
    gateways: ["all", false, 0],
    nodes: [0, true, 0],
    keys: [0, false, 0],
    // Its ref here is none that can be read.
    ended_sessions: [0, false, "read"],
  });
});

test("of tokens that changed alone, only these are forgotten", () => {
  expect(planReaction(6, changed(7, "mcptokens"))).toMatchObject({ revision: 7, forget: ["ref of mcptokens"] });
  expect(planReaction(6, changed(7, "mcptokens", "rbac"))).toMatchObject({ forget: "all", tokens: ["ref of mcptokens"] });
});

test("sessions that ended come with the hash of their id and their limit", () => {
  const touched = [{ kind: "ended_sessions", ref: "abc 2026-01-02T00:00:00.000Z" }] as const;
  expect(planReaction(6, { kind: "changed", event: { revision: 7, touched: [...touched] } }).ended).toEqual([
    { idHash: "abc", expiresAt: new Date("2026-01-02T00:00:00Z") },
  ]);
});

test.each([5, 6, 8, 100])("after revision 6 an event of %i means that something was missed: nothing known holds", (revision) => {
  expect(planReaction(6, changed(revision, "keys"))).toEqual({ revision, forget: "all", tokens: [], readSnapshot: true, ended: "read" });
});

test("a stream that is up again at another revision has missed something, and one at the same has not", () => {
  const nothing = { revision: 6, forget: [], tokens: [], readSnapshot: false, ended: [] };
  expect(planReaction(6, { kind: "connected", revision: 6 })).toEqual(nothing);
  for (const revision of [0, 5, 7]) {
    expect(planReaction(6, { kind: "connected", revision })).toEqual({
      revision,
      forget: "all",
      tokens: [],
      readSnapshot: true,
      ended: "read",
    });
  }
});

test("while the stream is lost what is known serves on", () => {
  expect(planReaction(6, { kind: "lost" })).toEqual({ revision: 6, forget: [], tokens: [], readSnapshot: false, ended: [] });
});
