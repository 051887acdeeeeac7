import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";
import { ROOT } from "../../e2e/support/up-process.ts";
import { PNG } from "../fixture/media.ts";
import { startFixture } from "../fixture/start-fixture.ts";
import { ModernHttpClient } from "./modern-http-client.ts";
import type { RawClient } from "./raw-client.ts";
import { RawHttpClient } from "./raw-http-client.ts";
import { RawStdioClient } from "./raw-stdio-client.ts";
import {
  EVERYTHING_CALLS,
  EXOTIC_CALLS,
  EXOTIC_MODERN_CALLS,
  FIXTURE_CALLS,
  FIXTURE_MODERN_CALLS,
  filesystemCalls,
  MEMORY_CALLS,
  type RecordedCall,
} from "./recorded-calls.ts";
import { EVERYTHING, startEverything } from "./start-everything.ts";
import { type Manner, startExoticServer } from "./start-exotic-server.ts";

/** A server that is asked the same with and without the gateway. */
export interface ComparedServer {
  readonly backing: Backing;
  readonly calls: readonly RecordedCall[];
  /** Reaches it without the gateway; a process of its own where it runs on standard streams. */
  direct(): Promise<RawClient>;
  /** The same client at a URL of the gateway. */
  through(url: string, headers: Readonly<Record<string, string>>): Promise<RawClient>;
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
  "fixture",
  "modern-fixture",
  "modern-fixture-of-both-eras",
  "modern-json",
  "modern-stream",
  "modern-stdio",
] as const;

const MANNERS = ["json", "stream", "sessionless", "modern-json", "modern-stream"] as const satisfies readonly Manner[];

/** Starts what runs at a URL; the others keep their files in this folder. */
export async function startComparedServers(folder: string): Promise<ComparedServers> {
  const everything = await startEverything();
  const exotic = Object.fromEntries(MANNERS.map((manner) => [manner, startExoticServer(manner)]));
  const atExotic = (manner: Manner) => atUrl(exotic[manner]?.url ?? "", EXOTIC_CALLS);
  const atModern = (manner: Manner) => modernAtUrl(exotic[manner]?.url ?? "", EXOTIC_MODERN_CALLS);
  const [dual, modern] = [startFixture("dual"), startFixture("modern")];
  const exoticScript = join(import.meta.dirname, "exotic-stdio-server.ts");
  const byHandle: Record<(typeof HANDLES)[number], ComparedServer> = {
    everything: atUrl(everything.url, EVERYTHING_CALLS),
    "everything-stdio": onStdio([EVERYTHING, "stdio"], EVERYTHING_CALLS),
    memory: memoryServer(folder),
    files: await filesServer(join(folder, "files")),
    "exotic-json": atExotic("json"),
    "exotic-stream": atExotic("stream"),
    "exotic-sessionless": atExotic("sessionless"),
    "exotic-stdio": onStdio([exoticScript], EXOTIC_CALLS),
    fixture: atUrl(dual.url, FIXTURE_CALLS),
    "modern-fixture": modernAtUrl(modern.url, FIXTURE_MODERN_CALLS),
    "modern-fixture-of-both-eras": modernAtUrl(dual.url, FIXTURE_MODERN_CALLS),
    "modern-json": atModern("modern-json"),
    "modern-stream": atModern("modern-stream"),
    "modern-stdio": modernOnStdio([exoticScript, "modern"], EXOTIC_MODERN_CALLS),
  };
  return {
    byHandle,
    async stop() {
      await Promise.all([everything, dual, modern, ...Object.values(exotic)].map((server) => server.stop()));
    },
  };
}

function atUrl(url: string, calls: readonly RecordedCall[]): ComparedServer {
  return { backing: { kind: "url", url }, calls, direct: () => RawHttpClient.open(url), through: throughLegacy };
}

function modernAtUrl(url: string, calls: readonly RecordedCall[]): ComparedServer {
  return { backing: { kind: "url", url }, calls, direct: async () => new ModernHttpClient(url), through: throughModern };
}

const throughLegacy: ComparedServer["through"] = (url, headers) => RawHttpClient.open(url, headers);
const throughModern: ComparedServer["through"] = async (url, headers) => new ModernHttpClient(url, headers);

function modernOnStdio(args: string[], calls: readonly RecordedCall[]): ComparedServer {
  const command = process.execPath;
  return {
    backing: { kind: "stdio", command, args, env: {} },
    calls,
    direct: () => RawStdioClient.openModern({ command, args, env: {} }),
    through: throughModern,
  };
}

function onStdio(args: string[], calls: readonly RecordedCall[], env: Record<string, string> = {}, ownEnv = env): ComparedServer {
  const command = process.execPath;
  return {
    backing: { kind: "stdio", command, args, env },
    calls,
    direct: () => RawStdioClient.open({ command, args, env: ownEnv }),
    through: throughLegacy,
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
