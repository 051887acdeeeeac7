import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError, toAppError } from "../../core/app-error.ts";
import { formatServiceDefinition } from "../../service-definition/format-service-definition.ts";
import { parseServiceDefinition } from "../../service-definition/parse-service-definition.ts";
import { writeTextFile } from "../config/write-text-file.ts";
import type { CliDeps } from "../ports.ts";
import { readFile } from "../read-text.ts";
import type { Fleet } from "./fleet.ts";
import { serviceFilePath } from "./service-file.ts";
import { registeredService } from "./service-state.ts";

const MAX_BYTES = 256 * 1024;

/**
 * Lets a person change a service's file, or what the agent has where there is none, and saves it at its place. What is not
 * valid is not saved: it is kept aside, and the failure says where.
 */
export async function editServiceFile(deps: CliDeps, fleet: Fleet, service: string, node: string | undefined): Promise<void> {
  const path = serviceFilePath(fleet.config.servicesDir, service);
  const before = existsSync(path) ? readFile(path, MAX_BYTES) : undefined;
  // An invalid file may be edited: that is how it is mended.
  const opened = before ?? formatServiceDefinition((await registeredService(fleet, service, node)).definition);
  const after = await deps.openEditor(opened, ".toml");
  if (after === before) return deps.stdout(`${path} unchanged\n`);
  requireValid(after, path, service);
  writeTextFile(path, after);
  return deps.stdout(`${path} ${before === undefined ? "written" : "changed"}; 'mcpctl deploy ${service}' puts it into effect\n`);
}

function requireValid(text: string, path: string, service: string): void {
  try {
    const { name } = parseServiceDefinition(text, path);
    if (name === service) return;
    throw new AppError("invalid", "SERVICE_FILE_OF_ANOTHER", `The edited text is about the service ${name}, not ${service}`);
  } catch (thrown) {
    const { code, reason, message, hint } = toAppError(thrown);
    const kept = join(mkdtempSync(join(tmpdir(), "mcpctl-edit-")), `${service}.toml`);
    writeFileSync(kept, text, { mode: 0o600 });
    throw new AppError(code, reason, message, {
      cause: thrown,
      hint: `${hint === undefined ? "" : `${hint}; `}nothing was saved, your text is kept in ${kept}`,
    });
  }
}
