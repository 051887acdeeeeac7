import { isJsonObject } from "./client/json-object.ts";

/** What of a client's capabilities says what a server may ask it. */
const ASKABLE: Readonly<Record<string, readonly string[]>> = {
  sampling: ["context", "tools"],
  elicitation: ["form", "url"],
  roots: ["listChanged"],
};

/**
 * What a client offers to be asked, in the form of `initialize`: sampling, elicitation and roots with the parts that the
 * protocol knows, and nothing else. Whatever the client wrote, it is small.
 */
export function askableCapabilities(declared: unknown): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (!isJsonObject(declared)) return {};
  const known = Object.entries(ASKABLE).flatMap(([name, parts]) => {
    const given = declared[name];
    return isJsonObject(given) ? [[name, partsOf(given, parts)] as const] : [];
  });
  return Object.fromEntries(known);
}

/** A part is an object, or for `listChanged` a yes; its own settings are not the gateway's to keep. */
function partsOf(given: Readonly<Record<string, unknown>>, parts: readonly string[]): Record<string, unknown> {
  const kept = parts.flatMap((part) => {
    if (isJsonObject(given[part])) return [[part, {}] as const];
    return given[part] === true ? [[part, true] as const] : [];
  });
  return Object.fromEntries(kept);
}

/**
 * Whether a client with these capabilities may be asked this (revision 2025-11-25: "Sampling", "Elicitation", "Roots").
 * `elicitation` without parts means forms alone.
 */
export function mayBeAsked(capabilities: Readonly<Record<string, unknown>>, method: string, paramsText: string | undefined): boolean {
  const params = paramsText === undefined ? {} : objectOf(JSON.parse(paramsText));
  switch (method) {
    case "roots/list":
      return isJsonObject(capabilities.roots);
    case "sampling/createMessage":
      return isJsonObject(capabilities.sampling) && (!usesTools(params) || capabilities.sampling.tools !== undefined);
    case "elicitation/create":
      return isJsonObject(capabilities.elicitation) && takesMode(capabilities.elicitation, params.mode);
    default:
      return false;
  }
}

function usesTools({ tools, toolChoice }: Readonly<Record<string, unknown>>): boolean {
  return tools !== undefined || toolChoice !== undefined;
}

function takesMode(elicitation: Readonly<Record<string, unknown>>, mode: unknown): boolean {
  if (mode === "url") return elicitation.url !== undefined;
  return (mode === undefined || mode === "form") && (elicitation.form !== undefined || elicitation.url === undefined);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(value) ? value : {};
}
