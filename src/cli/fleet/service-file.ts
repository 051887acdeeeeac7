import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { AppError, toAppError } from "../../core/app-error.ts";
import { parseServiceDefinition } from "../../service-definition/parse-service-definition.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { readFile } from "../read-text.ts";

const MAX_BYTES = 256 * 1024;

/** A service's TOML file. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
  readonly definition: ServiceDefinition;
}

/** Where the file of a service is that nobody named another one for. */
export function serviceFilePath(servicesDir: string, service: string): string {
  return join(servicesDir, `${service}.toml`);
}

/** Throws `invalid`: `FILE_UNREADABLE`, `SERVICE_DEFINITION_INVALID`. */
export function readServiceFile(path: string): ServiceFile {
  const text = readFile(path, MAX_BYTES);
  return { path, text, definition: parseServiceDefinition(text, path) };
}

/**
 * The file of a service: the one that is named, else the one at its place; undefined where there is none there. Throws as
 * `readServiceFile`, and `invalid`/`SERVICE_FILE_OF_ANOTHER`.
 */
export function findServiceFile(servicesDir: string, service: string, named: string | undefined): ServiceFile | undefined {
  const path = named ?? serviceFilePath(servicesDir, service);
  if (named === undefined && !existsSync(path)) return undefined;
  const file = readServiceFile(path);
  if (file.definition.name === service) return file;
  throw new AppError("invalid", "SERVICE_FILE_OF_ANOTHER", `${path} is about the service ${file.definition.name}, not ${service}`, {
    hint: `name the service as in the file: ${file.definition.name}`,
  });
}

/** Every definition of a folder, and what is wrong with the others. Throws `not_found`/`SERVICES_DIR_UNREADABLE`. */
export function readServiceFiles(servicesDir: string): { readonly files: readonly ServiceFile[]; readonly failures: readonly AppError[] } {
  const outcomes = tomlFilesOf(servicesDir).map((name) => {
    try {
      return { file: readServiceFile(join(servicesDir, name)) };
    } catch (thrown) {
      return { failure: toAppError(thrown) };
    }
  });
  const files = outcomes.flatMap(({ file }) => (file === undefined ? [] : [file]));
  const twice = files.filter(({ definition }, at) => files.findIndex((other) => other.definition.name === definition.name) < at);
  const failures = outcomes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  return { files: files.filter((file) => !twice.includes(file)), failures: [...failures, ...twice.map(sameName)] };
}

function sameName({ path, definition }: ServiceFile): AppError {
  return new AppError("invalid", "SERVICE_DEFINED_TWICE", `${path}: another file defines the service ${definition.name} too`, {
    hint: "a service has one file",
  });
}

function tomlFilesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".toml") && !name.startsWith("."))
      .sort();
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? "unknown";
    throw new AppError("not_found", "SERVICES_DIR_UNREADABLE", `The folder of services ${folder} cannot be read: ${code}`, {
      cause,
      hint: "services.dir of the configuration, or MCP_SERVICES_DIR, says where it is",
    });
  }
}
