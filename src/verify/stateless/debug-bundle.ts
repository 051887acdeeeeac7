import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isSecretKey, REDACTED, redact, redactText } from "../../core/redact.ts";
import type { ContainerInfo, Runtime } from "../../runtime/runtime.ts";
import { readLog } from "./read-log.ts";

const MAX_LOG = 1024 * 1024;

/**
 * Leaves what helps to understand a failure, for each container that is still there: `NAME.log`, `NAME.diff.txt`, `NAME.inspect.json`,
 * `NAME.stats.json`, `NAME.env`. Secrets are taken out, by the names of variables and by their shape.
 */
export async function writeDebugBundle(runtime: Runtime, names: readonly string[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of names) await writeOne(runtime, name, folder);
}

async function writeOne(runtime: Runtime, name: string, folder: string): Promise<void> {
  const info = await runtime.inspect(name);
  if (info === undefined) return;
  const [log, diff, stats] = await Promise.all([
    readLog(runtime, name),
    runtime.diff(name).catch(() => []),
    runtime.stats([name]).catch(() => []),
  ]);
  const write = (suffix: string, text: string) => writeFile(join(folder, `${name}.${suffix}`), text, { mode: 0o600 });
  await Promise.all([
    write("log", redactText(log, MAX_LOG)),
    write("diff.txt", diff.map(({ kind, path }) => `${kind} ${path}\n`).join("")),
    write("inspect.json", json(redact(info))),
    write("stats.json", json(stats)),
    write("env", environmentOf(info)),
  ]);
}

function environmentOf({ spec }: ContainerInfo): string {
  return Object.entries(spec.env)
    .map(([name, value]) => `${name}=${isSecretKey(name) ? REDACTED : redactText(value)}\n`)
    .join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
