import type { Kysely } from "kysely";
import { migrateToLatest } from "../../../store/migrate.ts";
import type { Schema } from "../../../store/schema.ts";
import { openSqlite } from "../../../store/sqlite/open-sqlite.ts";
import type { ContentItem } from "./content-fields.ts";
import { createContentServer } from "./content-server.ts";
import { seedContent } from "./seed-content.ts";

export interface StructuredResult {
  readonly items?: readonly ContentItem[];
  readonly item?: Readonly<Record<string, unknown>>;
  readonly meta: { readonly limit: number; readonly offset: number; readonly count: number; readonly toolsetVersion: string };
}

export interface ToolAnswer {
  readonly content: readonly { readonly type: string; readonly text: string }[];
  readonly structuredContent?: StructuredResult;
  readonly isError?: boolean;
}

/** The `content` server over the example site in memory, for tests. Destroy `db` when done. */
export async function openSeededSite() {
  const db: Kysely<Schema> = openSqlite(":memory:");
  await migrateToLatest(db);
  await seedContent(db);
  const server = createContentServer(db);

  const call = async (name: string, args: Readonly<Record<string, unknown>>): Promise<ToolAnswer> =>
    (await server.request("tools/call", { name, arguments: args })) as unknown as ToolAnswer;

  /** The message of the -32602 fault that the call ends in. */
  const refusal = async (name: string, args: unknown): Promise<string> => {
    const fault = await server.request("tools/call", { name, arguments: args }).then(
      () => ({ code: 0, message: "no fault" }),
      (thrown: unknown) => thrown as { code: number; message: string },
    );
    return fault.code === -32602 ? fault.message : `not a -32602 but ${fault.code}: ${fault.message}`;
  };

  const items = async (name: string, args: Readonly<Record<string, unknown>>): Promise<readonly ContentItem[]> => {
    const answer = await call(name, args);
    return answer.structuredContent?.items ?? [];
  };

  const ids = async (name: string, args: Readonly<Record<string, unknown>>): Promise<readonly number[]> =>
    (await items(name, args)).map((item) => item.id);

  return { db, server, call, refusal, items, ids };
}

export type SeededSite = Awaited<ReturnType<typeof openSeededSite>>;
