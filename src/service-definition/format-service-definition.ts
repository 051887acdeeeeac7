import { stringify } from "smol-toml";
import type { ServiceDefinition } from "./service-definition.ts";
import { toWritten } from "./to-written.ts";

/** The TOML text of a definition, without what is a default; `parseServiceDefinition` gives the definition again. */
export function formatServiceDefinition(definition: ServiceDefinition): string {
  return `${stringify(toWritten(definition)).trimEnd()}\n`;
}
