import { expect, test } from "bun:test";
import type { Backing } from "../../api/server-definition.ts";
import type { Server } from "./server.ts";
import type { ServerStore } from "./server-store.ts";

const SERVER: Server = {
  id: "srv_1",
  handle: "files",
  backing: { kind: "stdio", command: "node", args: ["a b", 'with "quotes"', "é"], env: { KEY: "value" } },
  enabled: true,
  createdAt: new Date("2026-01-02T03:04:05.678Z"),
};

/** What every adapter of `ServerStore` does. `withStore` gives an empty one. */
export function serverStoreContract(name: string, withStore: (run: (store: ServerStore) => Promise<void>) => Promise<void>): void {
  test(`${name}: a server comes back as it was saved, whatever backs it`, () =>
    withStore(async (store) => {
      const backings: Backing[] = [SERVER.backing, { kind: "builtin", name: "content" }, { kind: "url", url: "http://127.0.0.1:1/mcp" }];
      for (const [index, backing] of backings.entries()) {
        const server = { ...SERVER, id: `srv_${index}`, handle: `s${index}`, backing, enabled: index % 2 === 0 };
        await store.insert(server);
        expect(await store.byHandle(server.handle)).toEqual(server);
      }
      expect(await store.byHandle("none")).toBeUndefined();
    }));

  test(`${name}: all servers come in the order of their handles`, () =>
    withStore(async (store) => {
      for (const handle of ["b", "c", "a"]) await store.insert({ ...SERVER, id: `srv_${handle}`, handle });
      expect((await store.all()).map(({ handle }) => handle)).toEqual(["a", "b", "c"]);
    }));

  test(`${name}: a handle is taken once`, () =>
    withStore(async (store) => {
      await store.insert(SERVER);
      await expect(store.insert({ ...SERVER, id: "srv_2" })).rejects.toMatchObject({ code: "conflict", reason: "SERVER_HANDLE_TAKEN" });
      expect(await store.all()).toEqual([SERVER]);
    }));

  test(`${name}: a new backing changes one server and nothing else of it`, () =>
    withStore(async (store) => {
      const other = { ...SERVER, id: "srv_2", handle: "other" };
      await store.insert(SERVER);
      await store.insert(other);
      const backing: Backing = { kind: "builtin", name: "content" };
      await store.updateBacking(SERVER.id, backing);
      expect(await store.all()).toEqual([{ ...SERVER, backing }, other]);
    }));
}
