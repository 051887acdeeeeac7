import { afterAll, beforeAll, describe } from "bun:test";
import type { Kysely } from "kysely";
import { onEveryEngine, type WithDatabase } from "../../../store/databases.fixture.ts";
import type { Schema } from "../../../store/schema.ts";
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

const TIMEOUT_MS = 60_000;

/** Declares tests of the `content` server over the example site, once for each engine; they share the site. */
export function onEverySite(declare: (site: SeededSite) => void): void {
  onEveryEngine((engine, withDatabase) => {
    describe(engine, () => declare(seededSite(heldDatabase(withDatabase))));
  });
}

/** A database that is opened and seeded before the first test around here and let go of after the last. */
function heldDatabase(withDatabase: WithDatabase): () => Kysely<Schema> {
  const over = Promise.withResolvers<void>();
  let held: Promise<void> | undefined;
  let db: Kysely<Schema> | undefined;
  beforeAll(async () => {
    const opened = Promise.withResolvers<Kysely<Schema>>();
    held = withDatabase(async (database) => {
      await seedContent(database);
      opened.resolve(database);
      await over.promise;
    });
    held.catch(opened.reject);
    db = await opened.promise;
  }, TIMEOUT_MS);
  afterAll(async () => {
    over.resolve();
    await held;
  }, TIMEOUT_MS);
  return () => {
    if (db === undefined) throw new Error("the site is there once tests run");
    return db;
  };
}

function seededSite(database: () => Kysely<Schema>) {
  const server = () => createContentServer(database());

  const call = async (name: string, args: Readonly<Record<string, unknown>>): Promise<ToolAnswer> =>
    (await server().request("tools/call", { name, arguments: args })) as unknown as ToolAnswer;

  /** The message of the -32602 fault that the call ends in. */
  const refusal = async (name: string, args: unknown): Promise<string> => {
    const fault = await server()
      .request("tools/call", { name, arguments: args })
      .then(
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

  return {
    get db() {
      return database();
    },
    get server() {
      return server();
    },
    call,
    refusal,
    items,
    ids,
  };
}

export type SeededSite = ReturnType<typeof seededSite>;
