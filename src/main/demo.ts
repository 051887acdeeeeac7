import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Backing } from "../api/server-definition.ts";
import { systemActor } from "../control/access/system-actor.ts";
import { createProject } from "../control/project/create-project.ts";
import type { Project } from "../control/project/project.ts";
import { type BackingPolicy, BUILTINS } from "../control/server/backing-policy.ts";
import { createServer } from "../control/server/create-server.ts";
import { updateServer } from "../control/server/update-server.ts";
import { createAdmin } from "../control/user/create-admin.ts";
import type { User } from "../control/user/user.ts";
import { AppError } from "../core/app-error.ts";
import { PINNED_VERSIONS } from "../core/version.ts";
import { isUniqueViolation } from "../store/unique-violation.ts";
import { checkoutFolder } from "./checkout.ts";
import { packageBeside, packageFolder } from "./package-folder.ts";
import type { Control } from "./start-control.ts";

export const DEMO_PROJECT = "demo";

/** What the demo's `files` server finds in its folder. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "welcome.txt": "This folder is what the server 'files' of the project 'demo' serves.\nPut a file here and ask an agent to read it.\n",
  "notes/checklist.md": "# Checklist\n\n- [x] start mcpctl\n- [ ] point a client at its URL\n- [ ] call a tool\n",
  "notes/limits.json": `${JSON.stringify({ payload_kib: 256, tool_name_characters: 64 }, null, 2)}\n`,
};

type Parts = Pick<Control, "stores" | "clock" | "ids" | "policy">;

/**
 * Brings an installation to where it can show something: the administrator, the project `demo` and its two servers.
 *
 * Each step looks first, so a start that was cut short is finished by the next one, and nothing is made twice.
 */
export function ensureDemo(control: Parts, filesFolder: string): Promise<Demo> {
  return lookAgain(() => makeDemo(control, filesFolder));
}

export interface Demo {
  readonly admin: User;
  /** Undefined where it was deleted. */
  readonly project: Project | undefined;
}

async function makeDemo(control: Parts, filesFolder: string): Promise<Demo> {
  const { users, projects, servers } = control.stores;
  const admin = await ensureAdmin(control);
  const project = await projects.byName(DEMO_PROJECT);
  if (project !== undefined) {
    await repairFilesServer(control, filesFolder);
    return { admin, project };
  }
  // An administrator with a password has had a demo once, and may have deleted it.
  if (admin.passwordHash !== undefined) return { admin, project: undefined };
  writeExamples(filesFolder);
  const actor = systemActor();
  const deps = { ...control, users, projects, servers };
  const demo = { content: { kind: "builtin", name: "content" }, files: filesBacking(filesFolder) } as const;
  for (const [handle, backing] of Object.entries(demo)) {
    if ((await servers.byHandle(handle)) === undefined) await createServer({ ...deps, policy: DEMO_POLICY }, actor, { handle, backing });
  }
  return { admin, project: await createProject(deps, actor, { name: DEMO_PROJECT, servers: Object.keys(demo), ownerId: admin.id }) };
}

/** The first administrator, made where there is none. */
export function ensureAdmin({ stores: { users }, clock, ids }: Pick<Parts, "stores" | "clock" | "ids">): Promise<User> {
  return lookAgain(async () => (await users.firstAdmin()) ?? (await createAdmin({ users, clock, ids }, systemActor(), "admin")));
}

/** More than there are things to make. */
const MAX_LOOKS = 10;

/** Of processes that start on an empty database at once one makes each thing, and the others find it when they look again. */
export async function lookAgain<T>(attempt: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      const isTaken = isUniqueViolation(thrown) || (thrown instanceof AppError && thrown.code === "conflict");
      if (!isTaken || looks === MAX_LOOKS) throw thrown;
    }
  }
}

/** What the demo's own servers are. */
const DEMO_POLICY: BackingPolicy = { stdioEnabled: true, commands: ["node", "npx"], builtins: BUILTINS, loopbackUrls: false };

/** A checkout that was moved, or installed anew, has its packages elsewhere: the demo's command follows. */
async function repairFilesServer(control: Parts, filesFolder: string): Promise<void> {
  const { servers } = control.stores;
  const files = await servers.byHandle("files");
  const script = files?.backing.kind === "stdio" ? files.backing.args[0] : undefined;
  const isOurs = script?.includes(PACKAGE) === true && script.startsWith("/");
  if (files === undefined || !isOurs || existsSync(script)) return;
  await updateServer(
    { ...control, servers, policy: DEMO_POLICY },
    systemActor(),
    files.id,
    { backing: filesBacking(filesFolder) },
    undefined,
  );
}

const PACKAGE = "@modelcontextprotocol/server-filesystem";

/** The filesystem server from this checkout's packages, else fetched by npx. */
function filesBacking(folder: string): Backing {
  const script = installedScript();
  if (script !== undefined) return { kind: "stdio", command: "node", args: [script, folder], env: {} };
  return { kind: "stdio", command: "npx", args: ["-y", `${PACKAGE}@${PINNED_VERSIONS[PACKAGE]}`, folder], env: {} };
}

function installedScript(): string | undefined {
  const folder = checkoutFolder() === undefined ? packageBeside(process.execPath, PACKAGE) : packageFolder(import.meta.url, PACKAGE);
  const script = folder === undefined ? undefined : join(folder, "dist", "index.js");
  return script !== undefined && existsSync(script) ? script : undefined;
}

function writeExamples(folder: string): void {
  for (const [name, text] of Object.entries(EXAMPLES)) {
    const path = join(folder, name);
    // Whoever may read them here is not to put others there, whatever this process lets everybody do.
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    if (!existsSync(path)) writeFileSync(path, text, { mode: 0o644 });
  }
}
