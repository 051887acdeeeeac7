/** The same calls to the same servers with and without the gateway: nothing may differ but ids and names. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { advertisedName } from "../../../src/gateway/catalog/advertised-name.ts";
import { gatewayUrl } from "../../e2e/support/gateway-url.ts";
import { UpProcess } from "../../e2e/support/up-process.ts";
import { seedProject } from "../../support/seed-project.ts";
import { type ComparedServers, HANDLES, startComparedServers } from "./compared-servers.ts";
import { firstDifferences } from "./first-differences.ts";
import { asAdvertised, itemsOf, LISTS, type ListMethod } from "./list-items.ts";
import type { RawClient, RawReply } from "./raw-client.ts";

const LIMIT_MS = 60_000;
let folder = "";
let servers: ComparedServers;
let up: UpProcess;
let gateway = "";
let headers: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), "mcpctl-differential-"));
  servers = await startComparedServers(folder);
  const backings = Object.fromEntries(Object.entries(servers.byHandle).map(([handle, { backing }]) => [handle, backing]));
  headers = { authorization: `Bearer ${await seedProject(join(folder, "data"), "compared", backings)}` };
  const config = join(folder, "mcpctl.toml");
  await writeFile(config, "[security]\nenable_write_tools = true\n[rate_limit]\nper_minute = 0\n");
  up = new UpProcess({ dataDir: join(folder, "data"), args: ["--config", config] });
  gateway = await gatewayUrl(join(folder, "data", "instance.json"));
}, LIMIT_MS);
afterAll(async () => {
  await up.discard();
  await servers.stop();
  await rm(folder, { recursive: true, force: true });
});

function serverOf(handle: string) {
  const server = servers.byHandle[handle];
  if (server === undefined) throw new Error(`there is no server ${handle}`);
  return server;
}

/** The replies to all of a server's recorded calls, one after the other, by what was asked. */
async function askAll(client: RawClient, handle: string, named: (own: string) => string): Promise<Replies> {
  const replies = new Map<string, RawReply>();
  for (const [index, { method, own, params, idText = `"call ${index}"`, headers: more }] of serverOf(handle).calls.entries()) {
    const paramsText = params(own === undefined ? "" : named(own));
    replies.set(`${index} ${method} ${own ?? ""}`, await client.ask(method, paramsText, idText, more));
  }
  return replies;
}

type Replies = ReadonlyMap<string, RawReply>;

async function listAll(client: RawClient, isMine: (method: ListMethod, name: string) => boolean = () => true) {
  const lists: Record<string, readonly { readonly name: string; readonly text: string }[]> = {};
  for (const method of Object.keys(LISTS) as ListMethod[]) {
    lists[method] = (await itemsOf(client, method)).filter(({ name }) => isMine(method, name));
  }
  return lists;
}

/** Where replies differ; those to `except` are left out. */
function differences(wanted: Replies, seen: Replies, except: (index: number) => boolean = () => false) {
  const pairs = [...wanted]
    .filter((_, index) => !except(index))
    .flatMap(([what, { answer, said, status }]) => {
      const through = seen.get(what);
      return [
        { what, wanted: answer, seen: through?.answer ?? "" },
        { what: `${what}: said before`, wanted: said.join("\n"), seen: through?.said.join("\n") ?? "" },
        // A process has none.
        { what: `${what}: status`, wanted: String(status ?? through?.status), seen: String(through?.status) },
      ];
    });
  return firstDifferences(pairs);
}

describe.each(HANDLES)("%s", (handle) => {
  let wanted: Replies = new Map();
  let listed: Awaited<ReturnType<typeof listAll>> = {};

  beforeAll(async () => {
    await using direct = await serverOf(handle).direct();
    listed = await listAll(direct);
    wanted = await askAll(direct, handle, (own) => own);
  }, LIMIT_MS);

  test(
    "on its own route it lists and answers what it does without the gateway, byte for byte",
    async () => {
      await using client = await serverOf(handle).through(`${gateway}/api/v1/mcp/${handle}`, headers);
      expect(await listAll(client)).toEqual(listed);
      expect(differences(wanted, await askAll(client, handle, (own) => own))).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "in a project it lists and answers the same, but for its names",
    async () => {
      await using client = await serverOf(handle).through(`${gateway}/projects/compared/mcp`, headers);
      const names = Object.entries(listed).map(([method, items]) => [
        method,
        LISTS[method as ListMethod][1] === "name" ? items.map((item) => asAdvertised(item, handle)) : items,
      ]);
      const expected = Object.fromEntries(names) as typeof listed;
      const mine = await listAll(client, (method, name) => expected[method]?.some((item) => item.name === name) === true);
      expect(mine).toEqual(expected);
      const seen = await askAll(client, handle, (own) => advertisedName(handle, own));
      expect(differences(wanted, seen, (index) => serverOf(handle).calls[index]?.isUnknown === true)).toEqual([]);
    },
    LIMIT_MS,
  );
});
