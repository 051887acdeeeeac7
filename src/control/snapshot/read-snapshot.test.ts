import { expect, test } from "bun:test";
import { snapshotSchema } from "../../api/server-definition.ts";
import type { AppError } from "../../core/app-error.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { createProject } from "../project/create-project.ts";
import { createPrompt } from "../prompt/create-prompt.ts";
import { createSecret } from "../secret/create-secret.ts";
import { createServer } from "../server/create-server.ts";
import { adminNamed, type Nouns, nounsWithUsers } from "./nouns.fixture.ts";
import { readSnapshot } from "./read-snapshot.ts";

const ADMIN = adminNamed("ada");
const naming = (secret: string) => ({ kind: "url", url: "https://example.org/", secretHeaders: { Authorization: secret } }) as const;

async function snapshotOf(nouns: Nouns, revision: () => Promise<number> = async () => 7, writeTools = false) {
  const unreadable: AppError[] = [];
  const snapshot = await readSnapshot({ ...nouns, writeTools, feed: { revision }, onUnreadable: (error) => void unreadable.push(error) });
  return { snapshot, unreadable };
}

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: a snapshot holds what gateways serve, with the secrets that enabled servers name and no others`, () =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      for (const name of ["used", "idle", "off"]) await createSecret(nouns, ADMIN, { name, value: `value of ${name}` });
      const policy = { denyTools: ["*.delete"], concurrency: 4 };
      const content = await createServer(nouns, ADMIN, {
        handle: "content",
        backing: { kind: "builtin", name: "content" },
        rateLimit: 30,
        policy,
      });
      const api = await createServer(nouns, ADMIN, { handle: "api", backing: naming("used") });
      const off = await createServer(nouns, ADMIN, { handle: "off", backing: naming("off"), enabled: false });
      const demo = await createProject(nouns, ADMIN, { name: "demo", servers: ["content", "api"] });
      const bare = await createProject(nouns, ADMIN, { name: "bare" });
      const argument = { name: "who", description: "", required: true };
      const prompt = { name: "hello", description: "says so", arguments: [argument], template: "Hello {{who}}" };
      await createPrompt(nouns, ADMIN, { ...prompt, project: "demo" });
      const { snapshot, unreadable } = await snapshotOf(nouns);
      const definition = ({ id, handle, backing, enabled, rateLimit, policy }: typeof api) => {
        return { id, handle, backing, enabled, rateLimit, writeTools: false, policy };
      };
      expect(snapshot).toEqual({
        revision: 7,
        projects: [
          { id: bare.id, name: "bare", servers: [], prompts: [] },
          { id: demo.id, name: "demo", servers: ["content", "api"], prompts: [prompt] },
        ],
        servers: [definition(api), definition(content), definition(off)],
        secrets: { used: "value of used" },
      });
      expect(snapshotSchema.parse(JSON.parse(JSON.stringify(snapshot)))).toEqual(snapshot);
      expect(unreadable).toEqual([]);
    }));

  test(`${engine}: no server offers tools that write by default; each may, or all of them by the installation's word`, () =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      const backing = { kind: "builtin", name: "content" } as const;
      await createServer(nouns, ADMIN, { handle: "reads", backing });
      await createServer(nouns, ADMIN, { handle: "writes", backing, writeTools: true });
      const writing = async (all: boolean) =>
        (await snapshotOf(nouns, undefined, all)).snapshot.servers.map(({ handle, writeTools }) => `${handle} ${writeTools}`);
      expect(await writing(false)).toEqual(["reads false", "writes true"]);
      expect(await writing(true)).toEqual(["reads true", "writes true"]);
    }));

  test(`${engine}: what changes while a snapshot is read may be in it, but never under a later revision`, () =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      const revision = async () => {
        const before = nouns.changes.length;
        await createProject(nouns, ADMIN, { name: "late" });
        return before;
      };
      expect((await snapshotOf(nouns, revision)).snapshot).toMatchObject({ revision: 0, projects: [{ name: "late" }] });
    }));

  test(`${engine}: a secret that cannot be read is left out and reported, and the rest is served`, () =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      for (const name of ["good", "bad"]) {
        await createSecret(nouns, ADMIN, { name, value: `value of ${name}` });
        await createServer(nouns, ADMIN, { handle: `uses-${name}`, backing: naming(name) });
      }
      await db.updateTable("secrets").set({ ciphertext: "v1.1.AAAA" }).where("name", "=", "bad").execute();
      const { snapshot, unreadable } = await snapshotOf(nouns);
      expect(snapshot).toMatchObject({ servers: [{ handle: "uses-bad" }, { handle: "uses-good" }], secrets: { good: "value of good" } });
      expect(Object.keys(snapshot.secrets)).toEqual(["good"]);
      expect(unreadable).toMatchObject([{ code: "internal", reason: "SECRET_DAMAGED" }]);
    }));
});

test("a server that goes between two reads is named by no project of the snapshot", async () => {
  const projects = { definitions: async () => [{ id: "prj_1", name: "demo", servers: ["gone"], prompts: [] }] };
  const none = {
    feed: { revision: async () => 1 },
    servers: { all: async () => [] },
    secrets: { sealed: async () => [] },
    nodes: { all: async () => [] },
  };
  const box = { seal: () => "", open: () => "" };
  const snapshot = await readSnapshot({ ...none, nodeKeys: new Uint8Array(32), writeTools: false, projects, box, onUnreadable: () => {} });
  expect(snapshot.projects).toEqual([{ id: "prj_1", name: "demo", servers: [], prompts: [] }]);
});
