import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import { messageJson } from "../../api/agent/message-json.ts";
import { AppError } from "../../core/app-error.ts";
import { jsonText, outputOption } from "../api-command.ts";
import type { CliDeps } from "../ports.ts";
import { locateService } from "./locate-service.ts";
import { parseServiceName } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly node?: string;
  readonly mode?: string;
  readonly output: string;
}

const EXAMPLES = ["mcpctl push app.conf ha", "mcpctl push app.conf ha etc/app.conf --mode 0600"];
const NOTE = "Without a path the file goes by its own name into the service's directory. It is replaced whole, or not at all.";
const CHUNK_BYTES = 64 * 1024;
const LIMIT_MS = 60 * 60_000;

/** `push FILE SERVICE [PATH]`: a local file into a service's directory on its node. */
export function addPushCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "push", "put a file into a service's directory", EXAMPLES, NOTE)
    .argument("<file>", "local file")
    .argument("<service>", "service")
    .argument("[path]", "where in the service's directory")
    .option("--mode <octal>", "permissions, as 0640 (default: those of the local file)")
    .option("--node <name>", "node of a service that has no file")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (path: string, service: string, remote: string | undefined, flags: Flags, self: Command) => {
      const serviceName = parseServiceName(service);
      const mode = flags.mode === undefined ? undefined : parseMode(flags.mode);
      const file = await openLocal(path);
      try {
        await withFleet(deps, self, async (fleet) => {
          const { node } = await locateService(fleet, { service: serviceName, component: undefined }, { node: flags.node });
          const agent = await fleet.agent(node);
          const { size, mode: ownMode } = await file.stat();
          const head = { serviceName, path: remote ?? basename(path), mode: mode ?? ownMode & 0o777, size: BigInt(size) };
          const answer = await agent.call((rpc, options) => rpc.pushFile(content(file, head), options), { timeoutMs: LIMIT_MS });
          if (flags.output === "json") return deps.stdout(jsonText(messageJson(answer)));
          return deps.stdout(`${node.name}:${answer.path}  ${answer.size} bytes  sha256 ${answer.sha256}\n`);
        });
      } finally {
        await file.close();
      }
    });
}

async function* content(file: FileHandle, head: { serviceName: string; path: string; mode: number; size: bigint }) {
  yield { what: { case: "head" as const, value: head } };
  const buffer = new Uint8Array(CHUNK_BYTES);
  while (true) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    yield { what: { case: "chunk" as const, value: buffer.slice(0, bytesRead) } };
  }
}

/** Throws `invalid`: `FILE_UNREADABLE`. */
async function openLocal(path: string): Promise<FileHandle> {
  const file = await open(path, "r").catch((cause: { code?: string }) => {
    throw new AppError("invalid", "FILE_UNREADABLE", `${path} cannot be read: ${cause.code ?? "unknown"}`, { cause });
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new AppError("invalid", "FILE_UNREADABLE", `${path} is no file`, { hint: "push one file after the other" });
}

/** Throws `invalid`/`MODE_INVALID`. */
function parseMode(text: string): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0;
  if (mode > 0) return mode;
  throw new AppError("invalid", "MODE_INVALID", `--mode '${text}' is no file mode`, { hint: "write three octal digits, as 640" });
}
