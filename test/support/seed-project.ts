import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Backing } from "../../src/api/server-definition.ts";
import { createProject } from "../../src/control/project/create-project.ts";
import { sqlProjectStore } from "../../src/control/project/sql-project-store.ts";
import { createServer } from "../../src/control/server/create-server.ts";
import { sqlServerStore } from "../../src/control/server/sql-server-store.ts";
import { issueMcpToken } from "../../src/control/token/issue-mcp-token.ts";
import { sqlMcpTokenStore } from "../../src/control/token/sql-mcp-token-store.ts";
import { createAdmin } from "../../src/control/user/create-admin.ts";
import { givePassword } from "../../src/control/user/give-password.ts";
import { sqlUserStore } from "../../src/control/user/sql-user-store.ts";
import { systemClock } from "../../src/core/clock.ts";
import { randomIds } from "../../src/core/ids.ts";
import { migrateToLatest } from "../../src/store/migrate.ts";
import { openSqlite } from "../../src/store/sqlite/open-sqlite.ts";

type Backings = Readonly<Record<string, Backing>>;

/** Fills a new data folder with one project of these servers, as no command can do yet; returns a token for it. */
export async function seedProject(dataDir: string, name: string, backings: Backings): Promise<string> {
  const [token = ""] = await seedProjects(dataDir, { [name]: backings });
  return token;
}

/** The same with several projects; returns a token for each. */
export async function seedProjects(dataDir: string, projects: Readonly<Record<string, Backings>>): Promise<string[]> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const db = openSqlite(join(dataDir, "mcpctl.db"));
  try {
    await migrateToLatest(db);
    const users = sqlUserStore(db);
    const admin = await createAdmin({ ...DEPS, users }, "admin");
    // An administrator with a password has been welcomed already: `up` adds no demo.
    await givePassword({ users, hashPassword: async (password) => `hash of ${password.length} characters` }, admin);
    const tokens: string[] = [];
    for (const [name, backings] of Object.entries(projects)) tokens.push(await seedOne(db, admin.id, name, backings));
    return tokens;
  } finally {
    await db.destroy();
  }
}

const DEPS = { clock: systemClock, ids: randomIds };

async function seedOne(db: ReturnType<typeof openSqlite>, ownerId: string, name: string, backings: Backings): Promise<string> {
  const serverIds: string[] = [];
  for (const [handle, backing] of Object.entries(backings)) {
    serverIds.push((await createServer({ ...DEPS, servers: sqlServerStore(db) }, { handle, backing })).id);
  }
  const project = await createProject({ ...DEPS, projects: sqlProjectStore(db) }, { name, ownerId, serverIds });
  const token = { name: "e2e", projectId: project.id, ownerId };
  return (await issueMcpToken({ ...DEPS, tokens: sqlMcpTokenStore(db) }, token)).raw;
}
