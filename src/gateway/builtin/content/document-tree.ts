import { type Kysely, sql } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import { CONTENT_FIELD_NAMES, type ContentItem } from "./content-fields.ts";
import type { Page } from "./tool-result.ts";

/*
 * Walks up and down the tree. The depth bounds every recursion, so that parents which form a
 * circle end it too; a document is listed once, and never as its own ancestor or descendant.
 */

/** Ids under `root` (0: the whole site) with their distance: 1 for children, up to `depth`. An id comes once per path. */
export function idsBelow(db: Kysely<Schema>, root: number, depth: number) {
  return db
    .withRecursive("below(id, distance)", (qc) =>
      qc
        .selectFrom("content_document")
        .where("parent", "=", root)
        .select(["id", sql<number>`1`.as("distance")])
        .unionAll(
          qc
            .selectFrom("content_document as child")
            .innerJoin("below", "below.id", "child.parent")
            .where("below.distance", "<", depth)
            .select(["child.id", sql<number>`below.distance + 1`.as("distance")]),
        ),
    )
    .selectFrom("below")
    .where("id", "!=", root)
    .groupBy("id")
    .select((eb) => ["id", eb.fn.min<number>("distance").as("distance")]);
}

/** Level by level; in each level by parent, menuindex and id. */
export async function listBelow(db: Kysely<Schema>, root: number, depth: number, page: Page): Promise<ContentItem[]> {
  return db
    .selectFrom("content_document as document")
    .innerJoin(idsBelow(db, root, depth).as("below"), "below.id", "document.id")
    .where("document.deleted", "=", 0)
    .select(CONTENT_FIELD_NAMES.map((field) => `document.${field}` as const))
    .orderBy("below.distance")
    .orderBy("document.parent")
    .orderBy("document.menuindex")
    .orderBy("document.id")
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

/** The nearest `depth` ancestors, the one nearest to the root first. */
export async function listAbove(db: Kysely<Schema>, id: number, depth: number, page: Page): Promise<ContentItem[]> {
  return db
    .selectFrom("content_document as document")
    .innerJoin(idsAbove(db, id, depth).as("above"), "above.id", "document.id")
    .where("document.deleted", "=", 0)
    .select(CONTENT_FIELD_NAMES.map((field) => `document.${field}` as const))
    .orderBy("above.distance", "desc")
    .orderBy("document.id")
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

function idsAbove(db: Kysely<Schema>, id: number, depth: number) {
  return db
    .withRecursive("above(id, distance)", (qc) =>
      qc
        .selectFrom("content_document")
        .where("id", "=", id)
        .select(["parent as id", sql<number>`1`.as("distance")])
        .unionAll(
          qc
            .selectFrom("content_document as child")
            .innerJoin("above", "above.id", "child.id")
            .where("above.distance", "<", depth)
            .select(["child.parent as id", sql<number>`above.distance + 1`.as("distance")]),
        ),
    )
    .selectFrom("above")
    .where("id", "!=", id)
    .groupBy("id")
    .select((eb) => ["id", eb.fn.min<number>("distance").as("distance")]);
}
