import { z } from "zod";
import { nearest } from "../../core/nearest.ts";
import { configInvalid } from "./agent-config.ts";
import { AGENT_CONFIG_KEYS, VARIABLE_PREFIX, variableOf } from "./known-keys.ts";

/** Names the configuration file itself; no key of it. */
export const CONFIG_VARIABLE = "MCP_AGENT_CONFIG";

/**
 * What variables of the environment say in place of the file, by key. A list is written as JSON. Throws
 * `invalid`/`CONFIG_INVALID` for a variable of ours that there is not, and for what is no value of its key.
 */
export function environmentOverrides(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, unknown> {
  const keys = new Map([...AGENT_CONFIG_KEYS.keys()].map((key) => [variableOf(key), key]));
  const overrides = new Map<string, unknown>();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(VARIABLE_PREFIX) || name === CONFIG_VARIABLE || text === undefined) continue;
    const key = keys.get(name);
    if (key === undefined) throw unknownVariable(name, keys.keys());
    overrides.set(key, readValue(name, text, AGENT_CONFIG_KEYS.get(key)));
  }
  return overrides;
}

function readValue(name: string, text: string, schema: unknown): unknown {
  if (schema instanceof z.ZodNumber) {
    if (/^-?\d+$/.test(text)) return Number(text);
    throw configInvalid(`${name}: must be a whole number`);
  }
  if (schema instanceof z.ZodBoolean) {
    if (text === "true" || text === "false") return text === "true";
    throw configInvalid(`${name}: must be true or false`);
  }
  return schema instanceof z.ZodArray ? listOf(name, text) : text;
}

function listOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw configInvalid(`${name}: must be a list in JSON`, `${name}='["/usr/local/bin/alert", "--now"]'`);
  }
}

function unknownVariable(name: string, known: Iterable<string>) {
  const [meant] = nearest(name, known);
  return configInvalid(`There is no setting for the variable ${name}`, meant === undefined ? undefined : `did you mean ${meant}?`);
}
