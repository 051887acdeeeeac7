import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Kysely } from "kysely";
import type { Backing } from "../api/server-definition.ts";
import { createProject } from "../control/project/create-project.ts";
import type { Project } from "../control/project/project.ts";
import { sqlProjectStore } from "../control/project/sql-project-store.ts";
import { createServer } from "../control/server/create-server.ts";
import { sqlServerStore } from "../control/server/sql-server-store.ts";
import { createAdmin } from "../control/user/create-admin.ts";
import { sqlUserStore } from "../control/user/sql-user-store.ts";
import type { User } from "../control/user/user.ts";
import { systemClock } from "../core/clock.ts";
import { randomIds } from "../core/ids.ts";
import { PINNED_VERSIONS } from "../core/version.ts";
import { seedContent } from "../gateway/builtin/content/seed-content.ts";
import type { Schema } from "../store/schema.ts";

export const DEMO_PROJECT = "demo";

/** What the demo's `files` server finds in its folder. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "welcome.txt": "This folder is what the server 'files' of the project 'demo' serves.\nPut a file here and ask an agent to read it.\n",
  "notes/checklist.md": "# Checklist\n\n- [x] start mcpctl\n- [ ] point a client at its URL\n- [ ] call a tool\n",
  "notes/limits.json": `${JSON.stringify({ payload_kib: 256, tool_name_characters: 64 }, null, 2)}\n`,
};

/**
 * Brings an installation to where it can show something: the administrator, the project `demo` and its two servers.
 *
 * Each step looks first, so a start that was cut short is finished by the next one, and nothing is made twice.
 */
export async function ensureDemo(db: Kysely<Schema>, filesFolder: string): Promise<{ admin: User; project: Project | undefined }> {
  const deps = {
    users: sqlUserStore(db),
    projects: sqlProjectStore(db),
    servers: sqlServerStore(db),
    clock: systemClock,
    ids: randomIds,
  };
  await seedContent(db);
  const known = await deps.users.firstAdmin();
  const admin = known ?? (await createAdmin(deps, "admin"));
  const project = await deps.projects.byName(DEMO_PROJECT);
  if (project !== undefined) {
    await repairFilesServer(deps.servers, filesFolder);
    return { admin, project };
  }
  // An administrator with a password has had a demo once, and may have deleted it.
  if (admin.passwordHash !== undefined) return { admin, project: undefined };
  writeExamples(filesFolder);
  const content = await ensureServer(deps, "content", { kind: "builtin", name: "content" });
  const files = await ensureServer(deps, "files", filesBacking(filesFolder));
  return { admin, project: await createProject(deps, { name: DEMO_PROJECT, ownerId: admin.id, serverIds: [content, files] }) };
}

type ServerDeps = Parameters<typeof createServer>[0];

async function ensureServer(deps: ServerDeps, handle: string, backing: Backing): Promise<string> {
  return (await deps.servers.byHandle(handle))?.id ?? (await createServer(deps, { handle, backing })).id;
}

/** A checkout that was moved, or installed anew, has its packages elsewhere: the demo's command follows. */
async function repairFilesServer(servers: ServerDeps["servers"], filesFolder: string): Promise<void> {
  const files = await servers.byHandle("files");
  const script = files?.backing.kind === "stdio" ? files.backing.args[0] : undefined;
  const isOurs = script?.includes(PACKAGE) === true && script.startsWith("/");
  if (files !== undefined && isOurs && !existsSync(script)) await servers.updateBacking(files.id, filesBacking(filesFolder));
}

const PACKAGE = "@modelcontextprotocol/server-filesystem";

/** The filesystem server from this checkout's packages, else fetched by npx. */
function filesBacking(folder: string): Backing {
  const script = installedScript();
  if (script !== undefined) return { kind: "stdio", command: "node", args: [script, folder], env: {} };
  return { kind: "stdio", command: "npx", args: ["-y", `${PACKAGE}@${PINNED_VERSIONS[PACKAGE]}`, folder], env: {} };
}

function installedScript(): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    const script = join(dirname(require.resolve(`${PACKAGE}/package.json`)), "dist", "index.js");
    return existsSync(script) ? script : undefined;
  } catch {
    return undefined;
  }
}

function writeExamples(folder: string): void {
  for (const [name, text] of Object.entries(EXAMPLES)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) writeFileSync(path, text);
  }
}
