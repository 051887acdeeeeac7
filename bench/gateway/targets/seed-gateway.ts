import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";
import { createProject } from "../../../src/control/project/create-project.ts";
import { sqlProjectStore } from "../../../src/control/project/sql-project-store.ts";
import { createServer } from "../../../src/control/server/create-server.ts";
import { sqlServerStore } from "../../../src/control/server/sql-server-store.ts";
import { issueMcpToken } from "../../../src/control/token/issue-mcp-token.ts";
import { sqlMcpTokenStore } from "../../../src/control/token/sql-mcp-token-store.ts";
import { createAdmin } from "../../../src/control/user/create-admin.ts";
import { givePassword } from "../../../src/control/user/give-password.ts";
import { sqlUserStore } from "../../../src/control/user/sql-user-store.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { randomIds } from "../../../src/core/ids.ts";
import { migrateToLatest } from "../../../src/store/migrate.ts";
import { openSqlite } from "../../../src/store/sqlite/open-sqlite.ts";

export const PROJECT = "bench";

/** Fills a new data folder with the project `bench` and these servers; returns a token for it. */
export async function seedGateway(dataDir: string, servers: Readonly<Record<string, Backing>>): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const db = openSqlite(join(dataDir, "mcpctl.db"));
  try {
    await migrateToLatest(db);
    const deps = { clock: systemClock, ids: randomIds };
    const users = sqlUserStore(db);
    const admin = await createAdmin({ ...deps, users }, "admin");
    // An administrator with a password has been welcomed already, so `up` adds no demo with a child of its own.
    await givePassword({ users, hashPassword: (password) => Bun.password.hash(password) }, admin);
    const serverIds: string[] = [];
    for (const [handle, backing] of Object.entries(servers)) {
      serverIds.push((await createServer({ ...deps, servers: sqlServerStore(db) }, { handle, backing })).id);
    }
    const project = await createProject({ ...deps, projects: sqlProjectStore(db) }, { name: PROJECT, ownerId: admin.id, serverIds });
    const token = { name: "bench", projectId: project.id, ownerId: admin.id };
    return (await issueMcpToken({ ...deps, tokens: sqlMcpTokenStore(db) }, token)).raw;
  } finally {
    await db.destroy();
  }
}
