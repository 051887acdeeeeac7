import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Command } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import { AppError } from "../../core/app-error.ts";
import type { CliDeps } from "../ports.ts";
import { locateService } from "./locate-service.ts";
import { parseServiceName } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

const EXAMPLES = ["mcpctl pull ha etc/app.conf", "mcpctl pull ha etc/app.conf backup/app.conf", "mcpctl pull ha data/log.txt -"];
const NOTE = "Without a local file it gets the name that it has there; - is standard output. What is there is replaced, once all has come.";

/** `pull SERVICE PATH [FILE]`: a file of a service's directory. */
export function addPullCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "pull", "get a file of a service's directory", EXAMPLES, NOTE)
    .argument("<service>", "service")
    .argument("<path>", "where in the service's directory")
    .argument("[file]", "local file or folder")
    .option("--node <name>", "node of a service that has no file")
    .action(async (service: string, path: string, local: string | undefined, flags: { node?: string }, self: Command) => {
      const serviceName = parseServiceName(service);
      await withFleet(deps, self, async (fleet) => {
        const { node } = await locateService(fleet, { service: serviceName, component: undefined }, { node: flags.node });
        const agent = await fleet.agent(node);
        if (local === "-") {
          await receive(agent, serviceName, path, async (chunk) => deps.writeOutput(chunk));
          return;
        }
        const target = targetOf(local, basename(path));
        const size = await pullInto(agent, serviceName, path, target);
        deps.stdout(`${target}  ${size} bytes\n`);
      });
    });
}

function targetOf(local: string | undefined, name: string): string {
  if (local === undefined) return name;
  return statSync(local, { throwIfNoEntry: false })?.isDirectory() === true ? join(local, name) : local;
}

/** The bytes that came. The file has its name only when all of it is there. */
async function pullInto(agent: AgentClient, serviceName: string, path: string, target: string): Promise<number> {
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, "wx", 0o600);
    const opened = file;
    const { mode, size } = await receive(agent, serviceName, path, async (chunk) => opened.appendFile(chunk));
    await file.chmod(mode === 0 ? 0o644 : mode & 0o777);
    await file.sync();
    await rename(temporary, target);
    return size;
  } catch (thrown) {
    await rm(temporary, { force: true });
    if (thrown instanceof AppError) throw thrown;
    const code = (thrown as { code?: string }).code ?? "unknown";
    throw new AppError("precondition", "FILE_UNWRITABLE", `${target} cannot be written: ${code}`, { cause: thrown });
  } finally {
    await file?.close();
  }
}

/** Throws `unavailable`/`FILE_CUT_OFF` where less came than was said. */
async function receive(agent: AgentClient, serviceName: string, path: string, take: (chunk: Uint8Array) => Promise<void>) {
  let [mode, expected, size] = [0, 0, 0];
  for await (const { what } of agent.stream((rpc, options) => rpc.pullFile({ serviceName, path }, options))) {
    if (what.case === "head") [mode, expected] = [what.value.mode, Number(what.value.size)];
    if (what.case !== "chunk") continue;
    size += what.value.length;
    await take(what.value);
  }
  if (size === expected) return { mode, size };
  throw new AppError("unavailable", "FILE_CUT_OFF", `Only ${size} of ${expected} bytes of ${path} came`, { hint: "pull it again" });
}
