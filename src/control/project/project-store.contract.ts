import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import { AppError } from "../../core/app-error.ts";
import type { Change } from "../change/change-log.ts";
import { decodeCursor } from "../page/page-cursor.ts";
import type { Project, ProjectDetails } from "./project.ts";
import type { ProjectStore } from "./project-store.ts";

export interface ProjectStoreSetup {
  readonly store: ProjectStore;
  /** What was recorded so far. */
  readonly changes: readonly Change[];
}

/** An empty store, beside the users `ada` and `bob` (`usr_ada`, `usr_bob`) and the servers with the handles `a`, `b` and `c`. */
export type WithProjectStore = (run: (setup: ProjectStoreSetup) => Promise<void>) => Promise<void>;

const at = new Date("2026-01-02T03:04:05.678Z");
const PROJECT: Project = {
  id: "prj_1",
  name: "demo",
  description: 'with "quotes", 100 % of _ and é',
  ownerId: "usr_ada",
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
const NAMED: ProjectDetails = { ...PROJECT, owner: "ada", servers: [] };
const FIRST = { limit: 10, after: undefined, sort: { field: "name", descending: false }, names: undefined } as const;

/** What every adapter of `ProjectStore` does. */
export function projectStoreContract(name: string, withStore: WithProjectStore): void {
  const insertAll = async (store: ProjectStore, ...names: readonly string[]) => {
    for (const each of names) await store.insert({ ...PROJECT, id: `prj_${each}`, name: each }, [], EVENT);
  };

  test(`${name}: a project comes back as it was saved, with its owner's name and its servers in their order`, () =>
    withStore(async ({ store, changes }) => {
      expect(await store.byName("demo")).toBeUndefined();
      const saved = { ...NAMED, servers: ["c", "a"] };
      expect(await store.insert(PROJECT, ["c", "a"], EVENT)).toEqual(saved);
      expect(await store.byName("demo")).toEqual(saved);
      expect(await store.byId("prj_1")).toEqual(saved);
      for (const other of ["Demo", "demo ", "dem", "demo\n"]) expect(await store.byName(other)).toBeUndefined();
      expect(changes).toEqual([{ event: EVENT, touched: [{ kind: "projects", ref: "prj_1" }] }]);
    }));

  test(`${name}: a name is taken once, and what came second leaves no trace`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(PROJECT, ["a"], EVENT);
      const again = store.insert({ ...PROJECT, id: "prj_2" }, ["b"], EVENT);
      await expect(again).rejects.toMatchObject({ code: "conflict", reason: "PROJECT_NAME_TAKEN" });
      expect(await store.definitions()).toEqual([{ id: "prj_1", name: "demo", servers: ["a"], prompts: [] }]);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: of two that are saved at once under one name exactly one is there`, () =>
    withStore(async ({ store, changes }) => {
      const racing = ["prj_1", "prj_2", "prj_3", "prj_4"].map((id) => store.insert({ ...PROJECT, id }, ["a"], EVENT));
      const outcomes = await Promise.allSettled(racing);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const lost = outcomes.filter((outcome) => outcome.status === "rejected");
      for (const { reason } of lost) expect(reason).toMatchObject({ code: "conflict", reason: "PROJECT_NAME_TAKEN" });
      expect(await store.definitions()).toHaveLength(1);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: a project whose owner or servers are unknown is not saved`, () =>
    withStore(async ({ store, changes }) => {
      const orphan = store.insert({ ...PROJECT, ownerId: "usr_none" }, [], EVENT);
      await expect(orphan).rejects.toMatchObject({ code: "not_found", reason: "USER_UNKNOWN" });
      await expect(store.insert(PROJECT, ["a", "none"], EVENT)).rejects.toMatchObject({ code: "not_found", reason: "SERVER_UNKNOWN" });
      expect(await store.definitions()).toEqual([]);
      expect(changes).toEqual([]);
    }));

  test(`${name}: a change shows in all that it names and in nothing else, and counts as one version`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(PROJECT, ["a", "b"], EVENT);
      await insertAll(store, "other");
      const changed = await store.change("prj_1", (current) => {
        expect(current).toEqual({ ...NAMED, servers: ["a", "b"] });
        return { description: "new", owner: "bob", servers: ["c", "b"], event: EVENT };
      });
      const updatedAt = new Date(EVENT.at);
      const expected = { ...NAMED, description: "new", ownerId: "usr_bob", owner: "bob", servers: ["c", "b"], version: 2, updatedAt };
      expect(changed).toEqual(expected);
      expect(await store.byName("demo")).toEqual(expected);
      expect(await store.byName("other")).toEqual({ ...NAMED, id: "prj_other", name: "other" });
      expect(changes.at(-1)).toEqual({ event: EVENT, touched: [{ kind: "projects", ref: "prj_1" }] });
    }));

  test(`${name}: a plan that changes nothing or refuses leaves everything as it is, and is not recorded`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(PROJECT, ["a"], EVENT);
      const before = await store.byName("demo");
      expect(await store.change("prj_1", () => undefined)).toEqual({ ...NAMED, servers: ["a"] });
      const refuse = () => {
        throw new AppError("precondition", "NO", "no");
      };
      await expect(store.change("prj_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      await expect(store.delete("prj_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      for (const bad of [{ servers: ["none"] }, { owner: "none" }]) {
        await expect(store.change("prj_1", () => ({ ...bad, description: "new", event: EVENT }))).rejects.toMatchObject({
          code: "not_found",
        });
      }
      expect(await store.byName("demo")).toEqual(before as ProjectDetails);
      expect(changes).toHaveLength(1);
    }));

  test(`${name}: changes at the same moment come one after the other, and none is lost`, () =>
    withStore(async ({ store }) => {
      await store.insert(PROJECT, [], EVENT);
      const adding = ["a", "b", "c"].map((handle) =>
        store.change("prj_1", ({ servers }) => ({ servers: [...servers, handle], event: EVENT })),
      );
      await Promise.all(adding);
      const project = await store.byName("demo");
      expect([...(project?.servers ?? [])].sort()).toEqual(["a", "b", "c"]);
      expect(project?.version).toBe(4);
    }));

  test(`${name}: what is not there cannot be changed or deleted`, () =>
    withStore(async ({ store, changes }) => {
      const unknown = { code: "not_found", reason: "PROJECT_UNKNOWN" };
      await expect(store.change("prj_9", () => ({ event: EVENT }))).rejects.toMatchObject(unknown);
      await expect(store.delete("prj_9", () => EVENT)).rejects.toMatchObject(unknown);
      expect(changes).toEqual([]);
    }));

  test(`${name}: pages follow one another by name, either way, and show only what is asked for`, () =>
    withStore(async ({ store }) => {
      await insertAll(store, "bb", "dd", "aa", "cc", "a-a");
      await store.change("prj_cc", () => ({ servers: ["b"], owner: "bob", event: EVENT }));
      const names = (page: Page<ProjectDetails>) => page.items.map((project) => project.name);
      const first = await store.page({}, { ...FIRST, limit: 2 });
      expect(names(first)).toEqual(["a-a", "aa"]);
      await insertAll(store, "ab", "a0");
      const second = await store.page({}, { ...FIRST, limit: 2, after: decodeCursor(first.nextCursor ?? "") });
      expect(names(second)).toEqual(["ab", "bb"]);
      const rest = await store.page({}, { ...FIRST, after: decodeCursor(second.nextCursor ?? "") });
      expect({ names: names(rest), next: rest.nextCursor }).toEqual({ names: ["cc", "dd"], next: null });
      expect(names(await store.page({}, { ...FIRST, limit: 1, sort: { field: "name", descending: true } }))).toEqual(["dd"]);
      expect(names(await store.page({}, { ...FIRST, names: new Set(["bb", "dd", "none"]), limit: 1 }))).toEqual(["bb"]);
      expect(names(await store.page({}, { ...FIRST, names: new Set() }))).toEqual([]);
      expect(names(await store.page({ server: "b" }, FIRST))).toEqual(["cc"]);
      expect(names(await store.page({ owner: "bob" }, FIRST))).toEqual(["cc"]);
      expect(names(await store.page({ name: "aa" }, FIRST))).toEqual(["aa"]);
      expect(names(await store.page({ name: "aa", owner: "bob" }, FIRST))).toEqual([]);
    }));
}
