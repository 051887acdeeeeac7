import { type Expression, expressionBuilder, type Kysely, type SqlBool } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import { CONTENT_FIELD_NAMES, type ContentItem } from "./content-fields.ts";
import type { Page } from "./tool-result.ts";

/** Where a document stands: among the children of `parent`, in the order of menuindex, then id. */
export interface Place {
  readonly id: number;
  readonly parent: number;
  readonly menuindex: number;
}

export async function findPlace(db: Kysely<Schema>, id: number): Promise<Place | undefined> {
  return db.selectFrom("content_document").select(["id", "parent", "menuindex"]).where("id", "=", id).executeTakeFirst();
}

export async function listChildren(db: Kysely<Schema>, parent: number, page: Page): Promise<ContentItem[]> {
  return inOrder(undeleted(db, parent), "asc", page).execute();
}

/** The document itself is not among its siblings. */
export async function listSiblings(db: Kysely<Schema>, place: Place, page: Page): Promise<ContentItem[]> {
  return inOrder(undeleted(db, place.parent).where("id", "!=", place.id), "asc", page).execute();
}

/** Nearest first. */
export async function listBefore(db: Kysely<Schema>, place: Place, page: Page): Promise<ContentItem[]> {
  return inOrder(undeleted(db, place.parent).where(beside(place, "<")), "desc", page).execute();
}

/** Nearest first. */
export async function listAfter(db: Kysely<Schema>, place: Place, page: Page): Promise<ContentItem[]> {
  return inOrder(undeleted(db, place.parent).where(beside(place, ">")), "asc", page).execute();
}

function undeleted(db: Kysely<Schema>, parent: number) {
  return db.selectFrom("content_document").select(CONTENT_FIELD_NAMES).where("parent", "=", parent).where("deleted", "=", 0);
}

function inOrder(query: ReturnType<typeof undeleted>, dir: "asc" | "desc", page: Page) {
  return query.orderBy("menuindex", dir).orderBy("id", dir).limit(page.limit).offset(page.offset);
}

function beside(place: Place, side: "<" | ">"): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, "content_document">();
  return eb.or([eb("menuindex", side, place.menuindex), eb.and([eb("menuindex", "=", place.menuindex), eb("id", side, place.id)])]);
}
