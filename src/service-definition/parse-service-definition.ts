import { parse, TomlError } from "smol-toml";
import type { AppError } from "../core/app-error.ts";
import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";
import { readWrittenService } from "./read-written-service.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { lineOfTomlKey } from "./toml/edit-toml.ts";

export const MAX_DEFINITION_BYTES = 256 * 1024;

/**
 * The definition that a TOML text gives. `file` is only for errors.
 *
 * Throws `invalid`/`SERVICE_DEFINITION_INVALID`, with the line, or the key and the nearest known one.
 */
export function parseServiceDefinition(text: string, file: string): ServiceDefinition {
  return readWrittenService(parseToml(text, file), {
    name: file,
    lineOf: (path) => lineOfTomlKey(text, path),
  });
}

function parseToml(text: string, file: string): unknown {
  if (Buffer.byteLength(text) > MAX_DEFINITION_BYTES) throw tooLarge(file);
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw invalidDefinition(`${file}:${cause.line}:${cause.column}: ${oneLine(cause.message.split("\n")[0] ?? "")}`);
  }
}

export function tooLarge(file: string): AppError {
  return invalidDefinition(`${file} is over ${MAX_DEFINITION_BYTES / 1024} KiB`);
}
