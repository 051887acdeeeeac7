import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ContainerSpec } from "../../../runtime/runtime.ts";
import type { ContainerLab } from "../container-lab.ts";
import type { DecoyRun } from "../observations.ts";
import { readLog } from "../read-log.ts";
import type { VerifyDeps } from "../subject.ts";
import { probeWithoutToken } from "./auth-probes.ts";

/** Where people and tools keep credentials, below their home folder. */
const FOLDERS = [".aws", ".quilt", ".config"] as const;
const FILES = [
  ".aws/credentials",
  ".aws/config",
  ".quilt/auth.json",
  ".quilt/config.yml",
  ".config/mcpctl/token",
  ".config/mcp/mcp.toml",
] as const;
/** Before every read: with `relatime` a read then moves the time of access. */
const LONG_AGO = new Date("2001-01-01T00:00:00Z");

export interface DecoyOptions {
  readonly timeoutMs: number;
  /** Whether the server is to refuse who brings no token. */
  readonly wantsToken: boolean;
}

/**
 * Runs the server once more with credentials of a person in its home folder and its environment, asks it without a token, and
 * looks whether a file was opened or what was in it came out. Undefined: the server does not start like that.
 */
export async function decoyRun(
  deps: Pick<VerifyDeps, "fetch" | "runtime">,
  lab: ContainerLab,
  spec: ContainerSpec,
  { timeoutMs, wantsToken }: DecoyOptions,
): Promise<DecoyRun | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-decoys-"));
  try {
    const secret = randomBytes(15).toString("hex");
    await writeDecoys(folder, secret);
    const started = await lab.start(withDecoys(spec, folder, secret));
    if (started.kind === "ended") return undefined;
    const probe = await probeWithoutToken(deps, { url: started.url, timeoutMs });
    const log = await readLog(deps.runtime, started.name);
    return {
      read: await filesRead(folder),
      shown: [...(probe.body.includes(secret) ? ["an answer"] : []), ...(log.includes(secret) ? ["the log"] : [])].map(
        (where) => `a decoy (in ${where})`,
      ),
      probe: wantsToken ? probe : undefined,
    };
  } finally {
    await lab.drop(spec.name);
    await rm(folder, { recursive: true, force: true });
  }
}

function withDecoys(spec: ContainerSpec, folder: string, secret: string): ContainerSpec {
  const home = spec.env.HOME ?? "/tmp";
  return {
    ...spec,
    // Mounted so that the kernel notes reads, which it does not on a read-only mount.
    mounts: FOLDERS.map((name) => ({ kind: "bind", source: join(folder, name), target: join(home, name), readOnly: false })),
    env: { ...spec.env, AWS_ACCESS_KEY_ID: `AKIA${secret}`, AWS_SECRET_ACCESS_KEY: secret, QUILT_API_TOKEN: secret },
  };
}

async function writeDecoys(folder: string, secret: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const name of FILES) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(path, `[default]\naws_access_key_id = AKIA${secret}\naws_secret_access_key = ${secret}\ntoken = ${secret}\n`, {
      mode: 0o644,
    });
    await utimes(path, LONG_AGO, LONG_AGO);
  }
}

/** As a container has them: `~/.aws/credentials`. Undefined where this file system notes no reads. */
async function filesRead(folder: string): Promise<readonly string[] | undefined> {
  const read: string[] = [];
  for (const name of FILES) if ((await stat(join(folder, name))).atime > LONG_AGO) read.push(`~/${name}`);
  if (read.length > 0) return read;
  const last = join(folder, FILES[0]);
  await readFile(last);
  return (await stat(last)).atime > LONG_AGO ? [] : undefined;
}
