import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { findProgram } from "./find-program.ts";

/** What a reader must know of the machine to weigh the figures. */
export interface MachineFacts {
  readonly cores: number;
  readonly processor: string;
  readonly memoryMiB: number;
  readonly kernel: string;
  /** Over the last minute, before the run. */
  readonly loadAverage: number;
  /** Of every program that takes part and is there. */
  readonly versions: Readonly<Record<string, string>>;
}

export function readMachineFacts(root: string, peersFolder: string): MachineFacts {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model ?? "unknown",
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    loadAverage: loadavg()[0] ?? 0,
    versions: withoutMissing({
      mcpctl: manifestVersion(join(root, "package.json")),
      revision: firstMatch(["git", "-C", root, "rev-parse", "--short", "HEAD"], /^(\w+)/),
      bun: Bun.version,
      node: firstMatch(["node", "--version"], /v([\d.]+)/),
      nginx: firstMatch(["nginx", "-v"], /nginx\/([\d.]+)/),
      podman: firstMatch(["podman", "--version"], /([\d.]+)/),
      wrk: firstMatch(["wrk", "--version"], /wrk \S*?([\d.]+\S*)/),
      "mcp-proxy": manifestVersion(join(root, peersFolder, "node_modules/mcp-proxy/package.json")),
      supergateway: manifestVersion(join(root, peersFolder, "node_modules/supergateway/package.json")),
    }),
  };
}

function manifestVersion(path: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** Programs print their version on either stream. */
function firstMatch(argv: readonly [string, ...string[]], pattern: RegExp): string | undefined {
  const program = findProgram(argv[0]);
  if (program === undefined) return undefined;
  const { stdout, stderr } = Bun.spawnSync({ cmd: [program, ...argv.slice(1)], stdout: "pipe", stderr: "pipe" });
  return pattern.exec(`${stdout}${stderr}`)?.[1];
}

function withoutMissing(versions: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(versions).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
