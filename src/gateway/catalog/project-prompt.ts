import type { PromptDefinition } from "../../api/server-definition.ts";
import { INVALID_PARAMS, JsonRpcFault } from "../../mcp/json-rpc.ts";

/** The entry of a project's own prompt in a list, as JSON text. */
export function promptText(prompt: PromptDefinition): string {
  const { name, description } = prompt;
  const args = prompt.arguments.map((argument) => ({
    name: argument.name,
    ...(argument.description === "" ? {} : { description: argument.description }),
    required: argument.required,
  }));
  return JSON.stringify({ name, ...(description === "" ? {} : { description }), ...(args.length === 0 ? {} : { arguments: args }) });
}

/** The names between the braces are those of arguments (`promptArgumentSchema`). */
const PLACEHOLDER = /\{\{([A-Za-z_][A-Za-z0-9_-]{0,62})\}\}/g;

/**
 * The result of `prompts/get`: one message of the user, its arguments filled in. What an argument brings is not looked
 * at again; braces around anything but an argument stay. Throws JsonRpcFault -32602.
 */
export function renderPrompt(prompt: PromptDefinition, given: unknown): object {
  const values = valuesOf(prompt, given);
  const text = prompt.template.replaceAll(PLACEHOLDER, (whole, name: string) => values.get(name) ?? whole);
  const { description } = prompt;
  return { ...(description === "" ? {} : { description }), messages: [{ role: "user", content: { type: "text", text } }] };
}

/** An optional argument that is not given is empty. */
function valuesOf(prompt: PromptDefinition, given: unknown): Map<string, string> {
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given)))
    throw fault("arguments must be an object");
  const from = new Map(Object.entries((given ?? {}) as Record<string, unknown>));
  return new Map(
    prompt.arguments.map(({ name, required }) => {
      const value = from.get(name);
      if (value === undefined && required) throw fault(`the prompt ${prompt.name} needs the argument ${name}`);
      if (value !== undefined && typeof value !== "string") throw fault(`the argument ${name} must be a string`);
      return [name, value ?? ""];
    }),
  );
}

function fault(why: string): JsonRpcFault {
  return new JsonRpcFault(INVALID_PARAMS, `Invalid params: ${why}`);
}
