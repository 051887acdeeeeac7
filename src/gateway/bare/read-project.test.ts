import { expect, test } from "bun:test";
import { ApiClient } from "../../api/api-client.ts";
import type { ServerResource } from "../../api/resources/server.ts";
import { readProject } from "./read-project.ts";

const AT = "2026-01-02T03:04:05.678Z";
const VERSIONED = { version: 1, createdAt: AT, updatedAt: AT };

function server(handle: string, backing: ServerResource["backing"], more: Partial<ServerResource> = {}): ServerResource {
  const off = { writeTools: false, offersWriteTools: false };
  return {
    id: `srv_${handle}`,
    handle,
    description: "",
    backing,
    enabled: true,
    rateLimit: null,
    ...off,
    policy: {},
    projects: [],
    status: null,
    ...VERSIONED,
    ...more,
  };
}

async function read(...items: readonly ServerResource[]) {
  const project = { id: "prj_1", name: "demo", description: "", owner: "ann", servers: items.map(({ handle }) => handle), ...VERSIONED };
  const fetch = async (url: string) => Response.json(new URL(url).pathname.endsWith("/servers") ? { items } : project);
  return readProject(new ApiClient({ baseUrl: "http://mcpd", bearer: "any", fetch }), "demo");
}

const PUBLIC = { kind: "url", url: "https://mcp.example.org/mcp" } as const;

test("a project holds the servers that mcpd tells of, in their order, and no secret", async () => {
  const snapshot = await read(server("b", PUBLIC, { rateLimit: 5 }), server("a", PUBLIC, { enabled: false }));
  expect(snapshot.projects).toEqual([{ id: "prj_1", name: "demo", servers: ["b", "a"], prompts: [] }]);
  expect(snapshot.servers).toMatchObject([
    { id: "srv_b", handle: "b", backing: PUBLIC, enabled: true, rateLimit: 5 },
    { handle: "a", enabled: false },
  ]);
  expect(snapshot.secrets).toEqual({});
});

test("of a server that is called directly, tools that write are offered where mcpd would offer them, and by default are not", async () => {
  const { servers } = await read(server("off", PUBLIC), server("on", PUBLIC, { offersWriteTools: true }));
  expect(servers.map(({ writeTools }) => writeTools)).toEqual([false, true]);
});

test("of a server that is called directly, its policy holds here; of one that is called through mcpd, mcpd holds it", async () => {
  const policy = { denyTools: ["drop_*"], tools: { a: { rename: "b" } } };
  const { servers } = await read(server("direct", PUBLIC, { policy }), server("content", { kind: "builtin", name: "content" }, { policy }));
  expect(servers.map((each) => each.policy)).toEqual([policy, {}]);
});

test("of a server that is called through mcpd, mcpd alone decides which tools it lists", async () => {
  const { servers } = await read(server("content", { kind: "builtin", name: "content" }));
  expect(servers.map(({ writeTools }) => writeTools)).toEqual([true]);
});
