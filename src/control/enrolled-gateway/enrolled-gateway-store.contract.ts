import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Change } from "../change/change-log.ts";
import { afterOf } from "../page/page.ts";
import type { EnrolledGateway } from "./enrolled-gateway.ts";
import type { EnrolledGatewayStore, GatewayPageRequest } from "./enrolled-gateway-store.ts";

/** Gives an empty store, and what was recorded. */
export type WithGatewayStore = (run: (store: EnrolledGatewayStore, changes: readonly Change[]) => Promise<void>) => Promise<void>;

const CREATED = new Date("2026-01-02T03:04:05.678Z");
const later = (minutes: number) => new Date(CREATED.getTime() + minutes * 60_000);

const EDGE: EnrolledGateway = {
  id: "gw_1",
  name: "edge",
  description: "in the cellar",
  head: "mcpctl_gw_abcd",
  sha256: "a".repeat(64),
  version: 1,
  createdAt: CREATED,
  updatedAt: CREATED,
  lastSeenAt: undefined,
};
const CORE: EnrolledGateway = { ...EDGE, id: "gw_2", name: "core", sha256: "b".repeat(64), createdAt: later(1) };
const EVENT: AuditDraft = { kind: "rpc", outcome: "ok", at: CREATED.toISOString(), actorKind: "user", actorId: "", actorName: "" };
const PAGE: GatewayPageRequest = {
  limit: 10,
  after: undefined,
  sort: { field: "name", descending: false },
  names: undefined,
  name: undefined,
};

/** What every adapter of `EnrolledGatewayStore` does. */
export function enrolledGatewayStoreContract(engine: string, withStore: WithGatewayStore): void {
  test(`${engine}: a gateway is found by its id, its name and the hash of its key, as it was saved, and announced`, () =>
    withStore(async (store, changes) => {
      await store.insert(EDGE, EVENT);
      expect([await store.byId("gw_1"), await store.byName("edge"), await store.byHash(EDGE.sha256)]).toEqual([EDGE, EDGE, EDGE]);
      for (const other of ["edge", "gw_1", EDGE.sha256, ""]) {
        const found = [await store.byId(other), await store.byName(other), await store.byHash(other)].filter((each) => each !== undefined);
        expect(found).toHaveLength(other === "" ? 0 : 1);
      }
      expect(changes).toEqual([{ event: EVENT, touched: [{ kind: "gateways", ref: "gw_1" }] }]);
    }));

  test(`${engine}: a gateway's name is taken once, also by two at the same time`, () =>
    withStore(async (store, changes) => {
      const all = [EDGE, { ...CORE, name: "edge" }, { ...CORE, id: "gw_3", name: "edge", sha256: "c".repeat(64) }];
      const results = await Promise.allSettled(all.map((gateway) => store.insert(gateway, EVENT)));
      const refused = results.filter((result) => result.status === "rejected");
      expect(refused.map(({ reason }) => reason)).toEqual(
        Array(2).fill(expect.objectContaining({ code: "conflict", reason: "GATEWAY_NAME_TAKEN" })),
      );
      expect(changes).toHaveLength(1);
    }));

  test(`${engine}: a deleted gateway leaves nothing and is announced; twice changes nothing`, () =>
    withStore(async (store, changes) => {
      await store.insert(EDGE, EVENT);
      expect([await store.delete("gw_1", EVENT), await store.delete("gw_1", EVENT)]).toEqual([true, false]);
      expect(await store.byHash(EDGE.sha256)).toBeUndefined();
      expect(changes.slice(1)).toEqual([{ event: EVENT, touched: [{ kind: "gateways", ref: "gw_1" }] }]);
    }));

  test(`${engine}: when a gateway was seen is kept once a minute, and recorded nowhere else`, () =>
    withStore(async (store, changes) => {
      await store.insert(EDGE, EVENT);
      for (const [at, kept] of [
        [1, 1],
        [1.9, 1],
        [2, 2],
        [1, 2],
      ] as const) {
        await store.recordSeen("gw_1", later(at));
        expect((await store.byId("gw_1"))?.lastSeenAt).toEqual(later(kept));
      }
      expect(changes).toHaveLength(1);
    }));

  test(`${engine}: gateways come in pages, sorted, and only those that may be seen`, () =>
    withStore(async (store) => {
      await store.insert(EDGE, EVENT);
      await store.insert(CORE, EVENT);
      const first = await store.page({ ...PAGE, limit: 1 });
      expect(first.items).toEqual([CORE]);
      expect(await store.page({ ...PAGE, limit: 1, after: afterOf(first.nextCursor ?? undefined) })).toEqual({
        items: [EDGE],
        nextCursor: null,
      });
      const names = async (request: Partial<GatewayPageRequest>) =>
        (await store.page({ ...PAGE, ...request })).items.map(({ name }) => name);
      expect(await names({ sort: { field: "createdAt", descending: true } })).toEqual(["core", "edge"]);
      expect(await names({ sort: { field: "createdAt", descending: false } })).toEqual(["edge", "core"]);
      expect(await names({ name: "edge" })).toEqual(["edge"]);
      expect(await names({ names: new Set(["core", "other"]) })).toEqual(["core"]);
      expect(await names({ names: new Set() })).toEqual([]);
    }));
}
