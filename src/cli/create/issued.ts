import { jsonText, outputOption } from "../api-command.ts";
import type { Kind, Resource } from "../kinds/kind.ts";
import { refTextOf } from "../kinds/resource-ref.ts";
import type { CliOutput } from "../ports.ts";

/** Of what is issued: the raw credential alone, or the API's answer. */
export type IssuedOutput = "text" | "json";

export function issuedOutputOption() {
  return outputOption(["text", "json"], "text");
}

/**
 * Shows what is shown once. Its raw credential is a line of its own on standard output, so that a pipe gets it and nothing
 * else; what people are told about it is on standard error. JSON is the API's answer, which holds it too.
 */
export function printIssued(output: CliOutput, kind: Kind, resource: Resource, format: IssuedOutput, notes: readonly string[]): void {
  output.stderr(banner(refTextOf(kind, resource), notes));
  output.stdout(format === "json" ? jsonText(resource) : `${String(resource.token)}\n`);
}

function banner(name: string, notes: readonly string[]): string {
  return [`${name} created`, ...notes, "Copy it now: it is not shown again."].map((line) => `${line}\n`).join("");
}
