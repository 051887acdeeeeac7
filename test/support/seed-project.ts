import { mkdir } from "node:fs/promises";
import type { Backing } from "../../src/api/server-definition.ts";
import { systemActor } from "../../src/control/access/system-actor.ts";
import { createProject } from "../../src/control/project/create-project.ts";
import type { BackingPolicy } from "../../src/control/server/backing-policy.ts";
import { createServer } from "../../src/control/server/create-server.ts";
import { createMcpToken } from "../../src/control/token/create-mcp-token.ts";
import { givePassword } from "../../src/control/user/give-password.ts";
import { dataFolderAt } from "../../src/main/data-folder.ts";
import { ensureAdmin } from "../../src/main/demo.ts";
import type { Control } from "../../src/main/start-control.ts";
import { withControl } from "../../src/main/with-control.ts";

type Backings = Readonly<Record<string, Backing>>;

/** Fills a new data folder with one project of these servers, before anything runs on it; returns a token for it. */
export async function seedProject(dataDir: string, name: string, backings: Backings): Promise<string> {
  const [token = ""] = await seedProjects(dataDir, { [name]: backings });
  return token;
}

/** The same with several projects; returns a token for each. */
export async function seedProjects(dataDir: string, projects: Readonly<Record<string, Backings>>): Promise<string[]> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const folder = dataFolderAt(dataDir, { env: {}, checkout: undefined });
  return withControl({ folder, databaseUrl: undefined, env: {} }, async (control) => {
    const admin = await ensureAdmin(control);
    // An administrator with a password has been welcomed already: `up` adds no demo.
    const hashPassword = async (password: string) => `hash of ${password.length} characters`;
    await givePassword({ users: control.stores.users, hashPassword, clock: control.clock }, systemActor(), admin);
    const tokens: string[] = [];
    for (const [name, backings] of Object.entries(projects)) tokens.push(await seedOne(control, admin.id, name, backings));
    return tokens;
  });
}

async function seedOne(control: Control, ownerId: string, name: string, backings: Backings): Promise<string> {
  const deps = { ...control, ...control.stores };
  for (const [handle, backing] of Object.entries(backings)) {
    const commands = backing.kind === "stdio" ? [backing.command] : [];
    const policy: BackingPolicy = { ...control.policy, commands };
    await createServer({ ...deps, policy }, systemActor(), { handle, backing });
  }
  await createProject(deps, systemActor(), { name, servers: Object.keys(backings), ownerId });
  const token = {
    name: "e2e",
    project: name,
    description: "",
    rbac: "clone",
    roleBindings: [],
    expiresAt: undefined,
    force: false,
  } as const;
  return (await createMcpToken(deps, systemActor(), token)).raw;
}
