import type { z } from "zod";
import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";

/** Deeper JSON is no resource of ours. */
const MAX_DEPTH = 32;

/** Parses by a schema. Throws `invalid`/`FIELD_INVALID`, naming the field, what was given and what is allowed. */
export function parseBySchema<S extends z.ZodType>(schema: S, value: unknown, where: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  const field = path === "" ? where : `${where}.${path}`;
  throw new AppError("invalid", "FIELD_INVALID", `${oneLine(field)}: ${issue?.message ?? "is invalid"}${given(value, issue?.path ?? [])}`);
}

/** What stood there, short; nothing where it is a secret or is not there. */
function given(value: unknown, path: readonly PropertyKey[]): string {
  if (path.some((key) => /password|value|token|secret|current|next|credential/i.test(String(key)))) return "";
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
  if (found === undefined || typeof found === "object") return "";
  return ` (given: ${oneLine(JSON.stringify(found) ?? "", 60)})`;
}

/** The JSON of a body. Throws `invalid`: no JSON, nested too deep, or with a key that schemas pass over without a word. */
export function parseJsonBody(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw new AppError("invalid", "JSON_TOO_DEEP", `The body is nested deeper than ${MAX_DEPTH} levels`);
  const value = jsonOf(text);
  if (hasProtoKey(value)) throw new AppError("invalid", "JSON_KEY_INVALID", "The body has a key '__proto__', which is none here");
  return value;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid", "JSON_INVALID", "The body is not JSON", { cause });
  }
}

/** What stood under it would be left out, so that a rule that somebody made there would hold for nothing. */
function hasProtoKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProtoKey);
}

/** The version that `If-Match: "3"` names. Throws `invalid`/`IF_MATCH_INVALID`. */
export function parseIfMatch(header: string | null): number | undefined {
  if (header === null || header === "*") return undefined;
  const version = /^(?:W\/)?"(\d{1,15})"$/.exec(header)?.[1];
  if (version === undefined) throw new AppError("invalid", "IF_MATCH_INVALID", `If-Match ${oneLine(header, 40)} is no ETag of this API`);
  return Number(version);
}

/** How deep brackets nest outside of strings, without building anything. */
function depthOf(text: string): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") deepest = Math.max(deepest, ++depth);
    else if (char === "}" || char === "]") depth -= 1;
  }
  return deepest;
}
