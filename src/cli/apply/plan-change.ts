import { z } from "zod";
import type { AnyEndpoint } from "../../api/endpoint.ts";
import { AppError } from "../../core/app-error.ts";
import type { Resource, SpecFields } from "../kinds/kind.ts";
import type { SpecDocument } from "./parse-document.ts";
import { sameValue } from "./same-value.ts";

/** What has to be done so that a resource is what its document says. */
export type Plan =
  /** `afterwards` is changed in a second step, once it is there. */
  | { readonly step: "create"; readonly body: SpecFields; readonly afterwards: SpecFields }
  | { readonly step: "update"; readonly patch: SpecFields }
  | { readonly step: "none" }
  | { readonly step: "skip"; readonly why: string };

/** How mcpd writes a value that it does not show. */
const HIDDEN = "***";

/**
 * Compares a document with what there is; what the document leaves out stays as it is.
 * Throws `invalid`/`DOCUMENT_INCOMPLETE`, `precondition`: `FIELD_FIXED`, `VALUE_HIDDEN`.
 */
export function planChange(document: SpecDocument, current: Resource | undefined, now: Date): Plan {
  const { kind, spec, ref } = document;
  const foreign = spec.notOwn?.(ref.name);
  if (foreign !== undefined) return { step: "skip", why: foreign };
  const kept = current === undefined ? undefined : spec.skipWhere?.(current);
  if (kept !== undefined) return { step: "skip", why: kept };
  // One that is over, as an expired token, gives way to a new one.
  if (current === undefined || spec.skipWhere !== undefined) return planCreate(document, now);
  const patch = differences(document, current);
  const fixed = Object.keys(patch).find((field) => !fieldsOf(kind.endpoints.update).includes(field));
  if (fixed !== undefined)
    throw new AppError("precondition", "FIELD_FIXED", `${document.where}: ${fixed} of a ${kind.singular} cannot be changed`);
  requireShown(document, patch);
  return Object.keys(patch).length === 0 ? { step: "none" } : { step: "update", patch };
}

function planCreate(document: SpecDocument, now: Date): Plan {
  const { kind, spec, fields, where } = document;
  for (const field of spec.writeOnly ?? []) {
    if (fields[field] === undefined)
      throw new AppError("invalid", "DOCUMENT_INCOMPLETE", `${where}: ${field}: is missing, and there is no ${kind.singular} yet`);
  }
  requireShown(document, fields);
  const creating = spec.create?.(fields, now) ?? fields;
  const known = fieldsOf(kind.endpoints.create);
  return {
    step: "create",
    body: pick(creating, (field) => known.includes(field)),
    afterwards: pick(creating, (field) => !known.includes(field)),
  };
}

/** The given fields that are not so. */
export function differences({ spec, fields, given, kind }: SpecDocument, current: Resource): SpecFields {
  const unordered = spec.unordered ?? [];
  return pick(fields, (field) => {
    if (!given.has(field) || field === kind.nameKey || (kind.inProject && field === "project")) return false;
    return spec.writeOnly?.includes(field) === true || !sameValue(fields[field], current[field], unordered.includes(field));
  });
}

/** A hidden value that came back from a reader must not become the value. */
function requireShown({ where }: SpecDocument, fields: SpecFields): void {
  const { backing } = fields as { backing?: { env?: object; headers?: object } };
  const values = Object.values({ ...backing?.env, ...backing?.headers });
  if (!values.includes(HIDDEN)) return;
  throw new AppError("precondition", "VALUE_HIDDEN", `${where}: backing holds '${HIDDEN}', which stands for a value that was not shown`, {
    hint: "write the value, or name a secret in secretEnv or secretHeaders",
  });
}

function fieldsOf(endpoint: AnyEndpoint | undefined): readonly string[] {
  const body: unknown = endpoint?.body;
  return body instanceof z.ZodObject ? Object.keys(body.shape) : [];
}

function pick(fields: SpecFields, wanted: (field: string) => boolean): SpecFields {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => value !== undefined && wanted(field)));
}
