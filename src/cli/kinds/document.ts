import { stringify } from "yaml";
import type { Kind, Resource, SpecFields } from "./kind.ts";
import { stripInternalFields } from "./strip-internal-fields.ts";

/** The document of a resource as YAML, which `apply` reads again; of a kind without documents all its fields. */
export function yamlOf(kind: Kind, resource: Resource): string {
  return yamlText(kind, kind.spec === undefined ? resource : stripInternalFields(kind, resource));
}

/** A flat document: `kind`, then the fields. */
export function yamlText(kind: Kind, fields: SpecFields): string {
  return stringify({ kind: kind.singular, ...fields }, { lineWidth: 0 });
}
