import { z } from "zod";
import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Kind, Spec, SpecFields } from "../kinds/kind.ts";
import { findKind, KINDS } from "../kinds/kinds.ts";
import type { ResourceRef } from "../kinds/resource-ref.ts";
import type { RawDocument } from "./parse-yaml.ts";

/** A document that says what one resource is to be. */
export interface SpecDocument {
  readonly kind: Kind;
  readonly spec: Spec;
  readonly ref: ResourceRef;
  /** All fields, what was left out with its default. */
  readonly fields: SpecFields;
  /** The fields that stand there. */
  readonly given: ReadonlySet<string>;
  /** `file:line`. */
  readonly where: string;
}

/** Throws `invalid`/`DOCUMENT_INVALID` with `file:line`, the field and what is allowed. */
export function parseDocument(raw: RawDocument): SpecDocument {
  const where = raw.where([]);
  if (!isRecord(raw.value)) throw invalid(where, "a document is a mapping that starts with kind:");
  const { kind: word, ...fields } = raw.value;
  const { kind, spec } = kindOf(raw, word);
  const name = fields[kind.nameKey];
  if (typeof name !== "string") throw invalid(where, `${kind.nameKey}: is missing`, missingNameHint(kind, spec, fields));
  const own = spec.notOwn?.(name) === undefined ? parseFields(raw, kind, spec, fields) : fields;
  const project = kind.inProject ? String(own.project) : undefined;
  return { kind, spec, ref: { name: String(own[kind.nameKey]), project }, fields: own, given: new Set(Object.keys(fields)), where };
}

function kindOf(raw: RawDocument, word: unknown): { kind: Kind; spec: Spec } {
  const kinds = KINDS.filter(({ spec }) => spec !== undefined).map(({ singular }) => singular);
  if (typeof word !== "string") throw invalid(raw.where([]), "kind: is missing", `kinds are ${kinds.join(", ")}`);
  const kind = findKind(word);
  if (kind?.spec !== undefined) return { kind, spec: kind.spec };
  const [near] = nearest(word, kinds);
  const hint = `${near === undefined ? "" : `did you mean ${near}? `}kinds are ${kinds.join(", ")}`;
  throw invalid(raw.where(["kind"]), `kind: '${oneLine(word, 60)}' is no kind of document`, hint);
}

function parseFields(raw: RawDocument, kind: Kind, spec: Spec, fields: Record<string, unknown>): SpecFields {
  const parsed = spec.schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  if (issue?.code !== "unrecognized_keys") {
    const field = path.map(String).join(".") || kind.singular;
    throw invalid(raw.where(path), `${field}: ${issue?.message ?? "is invalid"}`);
  }
  const [key = ""] = issue.keys;
  const known = path.length === 0 ? knownFields(spec) : [];
  const name = [...path.map(String), key].join(".");
  throw invalid(raw.where(path, key), `${oneLine(name, 120)} is no field of a ${kind.singular}`, unknownKeyHint(kind, key, known));
}

function unknownKeyHint(kind: Kind, key: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  // `name` is what names most kinds.
  const near = key === "name" ? kind.nameKey : nearest(key, known)[0];
  return `${near === undefined ? "" : `did you mean ${near}? `}fields are ${known.join(", ")}`;
}

/** A name that is missing was most often misspelt. */
function missingNameHint(kind: Kind, spec: Spec, fields: Record<string, unknown>): string | undefined {
  if ("name" in fields && kind.nameKey !== "name") return `a ${kind.singular} is named by ${kind.nameKey}:`;
  const unknown = Object.keys(fields).filter((key) => !knownFields(spec).includes(key));
  const meant = unknown.find((key) => nearest(key, [kind.nameKey]).length > 0);
  return meant === undefined ? undefined : `did you mean ${kind.nameKey} by ${oneLine(meant, 60)}?`;
}

/** The names of a spec's fields. */
export function knownFields({ schema }: Pick<Spec, "schema">): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(where: string, why: string, hint?: string): AppError {
  return new AppError("invalid", "DOCUMENT_INVALID", `${where}: ${why}`, hint === undefined ? {} : { hint });
}
