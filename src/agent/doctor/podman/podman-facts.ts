import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { NodeFacts } from "../node-facts.ts";
import { defaultUlimitsOf } from "./containers-conf.ts";

const DEADLINE_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** What we read of `podman info --format json`; 4.3.1 does not tell its database. */
const infoSchema = z.object({
  host: z.object({
    ociRuntime: z.object({ name: z.string().default("") }).default({ name: "" }),
    databaseBackend: z.string().optional(),
    security: z.object({ rootless: z.boolean().default(false) }).default({ rootless: false }),
  }),
  version: z.object({ Version: z.string() }),
});

export interface PodmanFactsOptions {
  /** The program; by its name it is looked for on the PATH. */
  readonly podman: string;
  /** Where podman's configuration lies, the last one wins. */
  readonly confFiles?: readonly string[];
}

const CONF_FILES = ["/usr/share/containers/containers.conf", "/etc/containers/containers.conf"];
const CONF_FOLDER = "/etc/containers/containers.conf.d";

/** What podman tells of itself, asked by its program: that works where its API is stuck. A hung one costs ten seconds. */
export async function podmanFacts(options: PodmanFactsOptions): Promise<Pick<NodeFacts, "engine" | "defaultUlimits">> {
  const [engine, defaultUlimits] = await Promise.all([engineFacts(options.podman), ulimits(options.confFiles)]);
  return { engine, defaultUlimits };
}

async function engineFacts(podman: string): Promise<NodeFacts["engine"]> {
  const answer = await ask([podman, "info", "--format", "json"]);
  if ("problem" in answer) return answer;
  const info = infoSchema.safeParse(answer.value);
  if (!info.success) return { problem: "podman info tells it in another way than is known" };
  const { host, version } = info.data;
  return {
    name: "podman",
    version: version.Version,
    ociRuntime: host.ociRuntime.name,
    // Before 4.5 there was no other.
    database: host.databaseBackend ?? "boltdb",
    rootless: host.security.rootless,
  };
}

async function ask(command: readonly string[]): Promise<{ readonly value: unknown } | { readonly problem: string }> {
  const name = command.slice(0, 2).join(" ");
  try {
    const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: DEADLINE_MS, killSignal: "SIGKILL" });
    const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
    if (child.signalCode === "SIGKILL") return { problem: `${name} gave no answer in ${DEADLINE_MS / 1000} s` };
    if (code !== 0 || out.length > MAX_BYTES) return { problem: `${name} failed: ${err.trim().split("\n").at(-1) ?? ""}` };
    return { value: JSON.parse(out) };
  } catch (thrown) {
    return { problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

async function ulimits(files: readonly string[] | undefined): Promise<readonly string[] | undefined> {
  const dropIns = (await readdir(CONF_FOLDER).catch(() => [])).sort().map((name) => join(CONF_FOLDER, name));
  const texts = await Promise.all((files ?? [...CONF_FILES, ...dropIns]).map((file) => readFile(file, "utf8").catch(() => "")));
  return defaultUlimitsOf(texts);
}
