import type { DocumentRow } from "../../../store/content-schema.ts";
import { type AllowListOf, flag, integer, optionalText, text } from "./field-spec.ts";

/** Every field of a document that may leave, be filtered or be sorted by. */
export const CONTENT_FIELDS = {
  id: integer,
  parent: integer,
  pagetitle: text,
  longtitle: text,
  description: text,
  alias: optionalText,
  published: flag,
  deleted: flag,
  hidemenu: flag,
  menuindex: integer,
  template: integer,
  createdon: integer,
  editedon: integer,
  pub_date: integer,
  unpub_date: integer,
  isfolder: flag,
  type: text,
} as const satisfies AllowListOf<DocumentRow>;

export type ContentField = keyof typeof CONTENT_FIELDS;

export const CONTENT_FIELD_NAMES = Object.keys(CONTENT_FIELDS) as readonly ContentField[];

export const CONTENT_SORT_FIELDS = ["id", "pagetitle", "menuindex", "createdon", "pub_date"] as const satisfies readonly ContentField[];

/** A document as it leaves the server. */
export type ContentItem = Pick<DocumentRow, ContentField> & { readonly tvs?: Readonly<Record<string, string | null>> };
