import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";
import { ROOT } from "../../e2e/support/up-process.ts";
import { PNG } from "../fixture/media.ts";
import type { RawClient } from "./raw-client.ts";
import { RawHttpClient } from "./raw-http-client.ts";
import { RawStdioClient } from "./raw-stdio-client.ts";
import { EVERYTHING_CALLS, EXOTIC_CALLS, filesystemCalls, MEMORY_CALLS, type RecordedCall } from "./recorded-calls.ts";
import { EVERYTHING, startEverything } from "./start-everything.ts";
import { type Manner, startExoticServer } from "./start-exotic-server.ts";

/** A server that is asked the same with and without the gateway. */
export interface ComparedServer {
  readonly backing: Backing;
  readonly calls: readonly RecordedCall[];
  /** Reaches it without the gateway; a process of its own where it runs on standard streams. */
  direct(): Promise<RawClient>;
}

export interface ComparedServers {
  readonly byHandle: Readonly<Record<string, ComparedServer>>;
  stop(): Promise<void>;
}

/** What the servers are called; they start later, and tests have titles before. */
export const HANDLES = [
  "everything",
  "everything-stdio",
  "memory",
  "files",
  "exotic-json",
  "exotic-stream",
  "exotic-sessionless",
  "exotic-stdio",
] as const;

/** Starts what runs at a URL; the others keep their files in this folder. */
export async function startComparedServers(folder: string): Promise<ComparedServers> {
  const everything = await startEverything();
  const exotic = Object.fromEntries((["json", "stream", "sessionless"] as const).map((manner) => [manner, startExoticServer(manner)]));
  const atExotic = (manner: Manner) => atUrl(exotic[manner]?.url ?? "", EXOTIC_CALLS);
  const byHandle: Record<(typeof HANDLES)[number], ComparedServer> = {
    everything: atUrl(everything.url, EVERYTHING_CALLS),
    "everything-stdio": onStdio([EVERYTHING, "stdio"], EVERYTHING_CALLS),
    memory: memoryServer(folder),
    files: await filesServer(join(folder, "files")),
    "exotic-json": atExotic("json"),
    "exotic-stream": atExotic("stream"),
    "exotic-sessionless": atExotic("sessionless"),
    "exotic-stdio": onStdio([join(import.meta.dirname, "exotic-stdio-server.ts")], EXOTIC_CALLS),
  };
  return {
    byHandle,
    async stop() {
      await Promise.all([everything, ...Object.values(exotic)].map((server) => server.stop()));
    },
  };
}

function atUrl(url: string, calls: readonly RecordedCall[]): ComparedServer {
  return { backing: { kind: "url", url }, calls, direct: () => RawHttpClient.open(url) };
}

function onStdio(args: string[], calls: readonly RecordedCall[], env: Record<string, string> = {}, ownEnv = env): ComparedServer {
  const command = process.execPath;
  return {
    backing: { kind: "stdio", command, args, env },
    calls,
    direct: () => RawStdioClient.open({ command, args, env: ownEnv }),
  };
}

/** Each of its processes keeps its memory in a file of its own. */
function memoryServer(folder: string): ComparedServer {
  const script = join(ROOT, "node_modules/@modelcontextprotocol/server-memory/dist/index.js");
  const env = (name: string) => ({ MEMORY_FILE_PATH: join(folder, name) });
  return onStdio([script], MEMORY_CALLS, env("gateway.jsonl"), env("direct.jsonl"));
}

async function filesServer(folder: string): Promise<ComparedServer> {
  await mkdir(join(folder, "b"), { recursive: true });
  await writeFile(join(folder, "a.txt"), "first é\nsecond  😀\nthird\n");
  await writeFile(join(folder, "b/c.txt"), "c\n");
  await writeFile(join(folder, "pixel.png"), Buffer.from(PNG, "base64"));
  const script = join(ROOT, "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
  return onStdio([script, folder], filesystemCalls(folder));
}
