import { existsSync } from "node:fs";
import type { Command } from "commander";
import { messageJson } from "../../api/agent/message-json.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import { requireDistinctContainers } from "../../service-definition/container-clash.ts";
import { formatServiceDefinition } from "../../service-definition/format-service-definition.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { readServiceFile, type ServiceFile, writeServiceDefinition } from "../../service-definition/service-files.ts";
import { addCommandGroup, jsonText, outputOption } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { editServiceFile } from "./edit-service-file.ts";
import { looseningsOfService, looseningsText } from "./loosenings-of-service.ts";
import { addRemoveServiceCommand } from "./remove-service-command.ts";
import { readServicesDir, serviceFilePath } from "./service-file.ts";
import { registeredService } from "./service-state.ts";
import { parseServiceName } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

/** `service show|edit|export|validate|remove`: the definitions of services, and their end. */
export function addServiceCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "service", "see, change, check and remove what services are made of");
  addShowCommand(group, deps);
  addEditCommand(group, deps);
  addExportCommand(group, deps);
  addValidateCommand(group, deps);
  addRemoveServiceCommand(group, deps);
}

function addShowCommand(group: Command, deps: CliDeps): void {
  addFleetCommand(group, "show", "show what a service is, as its agent has it recorded", [
    "mcpctl service show ha",
    "mcpctl service show ha -o json",
  ])
    .argument("<service>", "service")
    .option("--node <name>", "ask this node alone")
    .addOption(outputOption(["toml", "json"], "toml"))
    .action(async (word: string, flags: { node?: string; output: string }, self: Command) => {
      const service = parseServiceName(word);
      await withFleet(deps, self, async (fleet) => {
        const { node, state, definition } = await registeredService(fleet, service, flags.node);
        const loosenings = looseningsOfService(definition);
        if (flags.output === "json") return deps.stdout(jsonText({ node: node.name, ...(messageJson(state) as object), loosenings }));
        deps.stdout(formatServiceDefinition(definition));
        // Apart from the definition, which may be read by a program.
        return deps.stderr(looseningsText(loosenings, deps.showsColours));
      });
    });
}

function addEditCommand(group: Command, deps: CliDeps): void {
  const note =
    "It opens the service's file in $VISUAL, else $EDITOR, else vi; where there is none, what the agent has. Nothing is deployed by it.";
  addFleetCommand(group, "edit", "change a service's file in your editor", ["mcpctl service edit ha"], note)
    .argument("<service>", "service")
    .option("--node <name>", "node of a service that has no file")
    .action(async (word: string, flags: { node?: string }, self: Command) => {
      const service = parseServiceName(word);
      await withFleet(deps, self, (fleet) => editServiceFile(deps, fleet, service, flags.node));
    });
}

interface ExportFlags {
  readonly filename?: string;
  readonly node?: string;
  readonly force?: boolean;
}

function addExportCommand(group: Command, deps: CliDeps): void {
  const examples = ["mcpctl service export ha", "mcpctl service export ha -f - > ha.toml"];
  addFleetCommand(group, "export", "write a service's file from what its agent has recorded", examples)
    .argument("<service>", "service")
    .option("-f, --filename <file>", "where to; - is standard output (default: its place in the folder of services)")
    .option("--node <name>", "ask this node alone")
    .option("--force", "change a file that says something else; its comments stay where they can")
    .action(async (word: string, flags: ExportFlags, self: Command) => {
      const service = parseServiceName(word);
      await withFleet(deps, self, async (fleet) => {
        const { definition } = await registeredService(fleet, service, flags.node);
        if (flags.filename === "-") return deps.stdout(formatServiceDefinition(definition));
        const path = flags.filename ?? serviceFilePath(fleet.config.servicesDir, service);
        if (await saysTheSame(path, definition)) return deps.stdout(`${path} says so already\n`);
        if (flags.force !== true && existsSync(path)) throw isThere(path);
        const isAnew = await exportTo(path, definition);
        return deps.stdout(`${path} written${isAnew ? " anew, without what else stood in it" : ""}\n`);
      });
    });
}

/** A file that is there keeps its comments where it can; says whether it could not, and was written anew. */
async function exportTo(path: string, definition: ServiceDefinition): Promise<boolean> {
  try {
    await writeServiceDefinition(path, definition);
    return false;
  } catch (thrown) {
    const { reason } = toAppError(thrown);
    if (reason !== "SERVICE_DEFINITION_NOT_EDITABLE" && reason !== "SERVICE_DEFINITION_INVALID") throw thrown;
  }
  await writeServiceDefinition(path, definition, { replace: true });
  return true;
}

async function saysTheSame(path: string, definition: ServiceDefinition): Promise<boolean> {
  try {
    return existsSync(path) && Bun.deepEquals((await readServiceFile(path)).definition, definition);
  } catch {
    return false;
  }
}

function isThere(path: string): AppError {
  return new AppError("conflict", "SERVICE_FILE_THERE", `${path} is there and says something else`, {
    hint: "look at the difference with -f -, or add --force to have it say what the agent has",
  });
}

function addValidateCommand(group: Command, deps: CliDeps): void {
  const examples = ["mcpctl service validate", "mcpctl service validate ha.toml"];
  addFleetCommand(group, "validate", "check services' files, without any node", examples)
    .argument("[files...]", "TOML files (default: all in the folder of services)")
    .action(async (paths: string[], _flags: object, self: Command) => {
      await withFleet(deps, self, async (fleet) => {
        const { files, failures } = paths.length === 0 ? await readServicesDir(fleet.config.servicesDir) : await readEach(paths);
        for (const { path, definition } of files) {
          deps.stdout(`${path}: ${definition.name} is valid\n${looseningsText(looseningsOfService(definition), deps.showsColours)}`);
        }
        requireDistinctContainers(files.map(({ definition }) => definition));
        for (const { message, hint } of failures) deps.stderr(errorLines(message, hint));
        if (failures.length > 0) setExitCode(self, files.length === 0 ? 1 : 3);
      });
    });
}

async function readEach(paths: readonly string[]) {
  const [files, failures]: [ServiceFile[], AppError[]] = [[], []];
  for (const path of paths) {
    try {
      files.push(await readServiceFile(path));
    } catch (thrown) {
      failures.push(toAppError(thrown));
    }
  }
  return { files, failures };
}
