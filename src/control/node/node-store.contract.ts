import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError } from "../../core/app-error.ts";
import type { Change } from "../change/change-log.ts";
import { decodeCursor } from "../page/page-cursor.ts";
import { CERTIFICATE } from "./certificate.fixture.ts";
import type { Node } from "./node.ts";
import type { NodeStore } from "./node-store.ts";

export interface NodeStoreSetup {
  readonly store: NodeStore;
  /** What was recorded so far. */
  readonly changes: readonly Change[];
  /** Registers servers, each on the node that is named. */
  readonly put: (servers: Readonly<Record<string, string>>) => Promise<void>;
}

/** An empty store. */
export type WithNodeStore = (run: (setup: NodeStoreSetup) => Promise<void>) => Promise<void>;

const at = new Date("2026-01-02T03:04:05.678Z");
const NODE: Node = {
  id: "nod_1",
  name: "rack-1",
  description: "",
  address: "rack-1.example:9444",
  certificate: CERTIFICATE,
  version: 1,
  createdAt: at,
  updatedAt: at,
};
const EVENT: AuditDraft = {
  kind: "rpc",
  outcome: "ok",
  at: "2026-02-01T00:00:00.000Z",
  actorKind: "system",
  actorId: "system",
  actorName: "system",
};
const TOUCHED = [{ kind: "nodes", ref: "nod_1" }] as const;
const FIRST = { limit: 10, after: undefined, sort: { field: "name", descending: false }, names: undefined, name: undefined } as const;

/** What every adapter of `NodeStore` does. */
export function nodeStoreContract(engine: string, withStore: WithNodeStore): void {
  test(`${engine}: a node comes back as it was given, by its id and its name, and is announced`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(NODE, EVENT);
      const { certificate: _, ...plain } = NODE;
      const bare: Node = { ...plain, id: "nod_2", name: "rack-2", certificate: undefined };
      await store.insert(bare, EVENT);
      expect([await store.byId("nod_1"), await store.byName("rack-1"), await store.byName("rack-2")]).toEqual([NODE, NODE, bare]);
      expect(await store.all()).toEqual([NODE, bare]);
      expect(await store.byName("rack")).toBeUndefined();
      expect(changes[0]).toEqual({ event: EVENT, touched: TOUCHED });
    }));

  test(`${engine}: a node's name is taken once, also by several at the same time`, () =>
    withStore(async ({ store, changes }) => {
      const outcomes = await Promise.allSettled(["nod_1", "nod_2", "nod_3"].map((id) => store.insert({ ...NODE, id }, EVENT)));
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(refused.map(({ reason }) => reason)).toEqual(
        Array(2).fill(expect.objectContaining({ code: "conflict", reason: "NODE_NAME_TAKEN" })),
      );
      expect(changes).toHaveLength(1);
    }));

  test(`${engine}: a change shows in what it names and counts as one version; a plan that refuses changes nothing`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(NODE, EVENT);
      const changed = { ...NODE, address: "10.0.0.1:1", version: 2, updatedAt: new Date(EVENT.at) };
      expect(await store.change("nod_1", () => ({ address: "10.0.0.1:1", event: EVENT }))).toEqual(changed);
      expect(await store.change("nod_1", () => ({ certificate: null, event: EVENT }))).toEqual({
        ...changed,
        certificate: undefined,
        version: 3,
      });
      expect(await store.change("nod_1", () => undefined)).toMatchObject({ version: 3 });
      const refuse = () => {
        throw new AppError("precondition", "NO", "no");
      };
      await expect(store.change("nod_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      await expect(store.delete("nod_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      await expect(store.change("nod_9", () => undefined)).rejects.toMatchObject({ code: "not_found", reason: "NODE_UNKNOWN" });
      expect(changes).toEqual(Array(3).fill({ event: EVENT, touched: TOUCHED }));
    }));

  test(`${engine}: who deletes a node is told which servers are on it`, () =>
    withStore(async ({ store, put, changes }) => {
      await store.insert(NODE, EVENT);
      await put({ b: "rack-1", a: "rack-1", c: "rack-10" });
      const told: (readonly string[])[] = [];
      await store.delete("nod_1", (node, servers) => {
        told.push([node.name, ...servers]);
        return EVENT;
      });
      expect(told).toEqual([["rack-1", "a", "b"]]);
      expect(await store.byName("rack-1")).toBeUndefined();
      expect(changes).toHaveLength(2);
      await expect(store.delete("nod_1", () => EVENT)).rejects.toMatchObject({ reason: "NODE_UNKNOWN" });
    }));

  test(`${engine}: pages of nodes follow one another and show only what is asked for`, () =>
    withStore(async ({ store }) => {
      for (const [index, name] of ["bb", "aa", "cc"].entries()) await store.insert({ ...NODE, id: `nod_${index}`, name }, EVENT);
      const first = await store.page({ ...FIRST, limit: 2 });
      expect(first.items.map(({ name }) => name)).toEqual(["aa", "bb"]);
      const second = await store.page({ ...FIRST, limit: 2, after: decodeCursor(first.nextCursor ?? "") });
      expect(second).toMatchObject({ items: [{ name: "cc" }], nextCursor: null });
      expect(await store.page({ ...FIRST, name: "cc" })).toMatchObject({ items: [{ name: "cc" }] });
      expect(await store.page({ ...FIRST, names: new Set(["bb"]) })).toMatchObject({ items: [{ name: "bb" }], nextCursor: null });
    }));
}
