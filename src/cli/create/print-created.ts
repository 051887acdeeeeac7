import { jsonText, outputOption } from "../api-command.ts";
import type { Kind, Resource } from "../kinds/kind.ts";
import { refTextOf } from "../kinds/resource-ref.ts";
import type { CliDeps } from "../ports.ts";

export const CREATE_OUTPUTS = ["text", "name", "json", "yaml"] as const;
export type CreateOutput = (typeof CREATE_OUTPUTS)[number];

export function createOutputOption() {
  return outputOption(CREATE_OUTPUTS, "text");
}

/** `project/demo created`, or the API's answer. */
export async function printCreated(deps: CliDeps, kind: Kind, resource: Resource, output: CreateOutput, what = "created"): Promise<void> {
  if (output === "json") deps.stdout(jsonText(resource));
  else if (output === "yaml") deps.stdout((await import("../kinds/document.ts")).yamlOf(kind, resource));
  else deps.stdout(`${refTextOf(kind, resource)}${output === "name" ? "" : ` ${what}`}\n`);
}
