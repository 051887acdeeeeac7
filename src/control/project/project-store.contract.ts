import { expect, test } from "bun:test";
import type { Project } from "./project.ts";
import type { ProjectStore } from "./project-store.ts";

/** An empty store, beside a user `usr_1` and the servers `srv_a`, `srv_b` and `srv_c` with the handles `a`, `b` and `c`. */
export type WithProjectStore = (run: (store: ProjectStore) => Promise<void>) => Promise<void>;

const PROJECT: Project = { id: "prj_1", name: "demo", ownerId: "usr_1", createdAt: new Date("2026-01-02T03:04:05.678Z") };

/** What every adapter of `ProjectStore` does. */
export function projectStoreContract(name: string, withStore: WithProjectStore): void {
  test(`${name}: a project comes back as it was saved`, () =>
    withStore(async (store) => {
      expect(await store.byName("demo")).toBeUndefined();
      await store.insert(PROJECT, []);
      expect(await store.byName("demo")).toEqual(PROJECT);
      expect(await store.byName("Demo")).toBeUndefined();
    }));

  test(`${name}: projects come by name, each with its servers in the order they were given`, () =>
    withStore(async (store) => {
      await store.insert(PROJECT, ["srv_c", "srv_a"]);
      await store.insert({ ...PROJECT, id: "prj_2", name: "all" }, ["srv_b", "srv_a", "srv_c"]);
      await store.insert({ ...PROJECT, id: "prj_3", name: "empty" }, []);
      expect(await store.definitions()).toEqual([
        { id: "prj_2", name: "all", servers: ["b", "a", "c"] },
        { id: "prj_1", name: "demo", servers: ["c", "a"] },
        { id: "prj_3", name: "empty", servers: [] },
      ]);
    }));

  test(`${name}: a name is taken once`, () =>
    withStore(async (store) => {
      await store.insert(PROJECT, ["srv_a"]);
      const again = store.insert({ ...PROJECT, id: "prj_2" }, ["srv_b"]);
      await expect(again).rejects.toMatchObject({ code: "conflict", reason: "PROJECT_NAME_TAKEN" });
      expect(await store.definitions()).toEqual([{ id: "prj_1", name: "demo", servers: ["a"] }]);
    }));

  test(`${name}: a project whose servers cannot be saved is not saved either, and says nothing of its name`, () =>
    withStore(async (store) => {
      for (const servers of [
        ["srv_a", "srv_none"],
        ["srv_a", "srv_a"],
      ]) {
        const error = await store.insert(PROJECT, servers).catch((thrown) => thrown);
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toMatchObject({ reason: "PROJECT_NAME_TAKEN" });
      }
      expect(await store.definitions()).toEqual([]);
    }));
}
