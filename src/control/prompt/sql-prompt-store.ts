import type { Expression, ExpressionBuilder, Kysely, SqlBool, Transaction } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { lockRows, requireUpdated } from "../change/lock-rows.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { projectUnknown } from "../project/project.ts";
import { type Prompt, promptArgumentsOf, promptUnknown } from "./prompt.ts";
import type { PromptChange, PromptFilter, PromptStore } from "./prompt-store.ts";

const SORT_COLUMN = { name: "prompts.name", createdAt: "prompts.created_at" } as const;

export function sqlPromptStore(db: Kysely<Schema>, changes: ChangeLog): PromptStore {
  return {
    insert: (prompt, event) =>
      changes.commit(async (tx) => {
        await insertRow(tx, prompt);
        return { result: prompt, change: changeOf(prompt, event) };
      }),
    byId: (id) => promptById(db, id),
    async byName(project, name) {
      const row = await selectPrompts(db).where("projects.name", "=", project).where("prompts.name", "=", name).executeTakeFirst();
      return row === undefined ? undefined : promptOf(row);
    },
    async page(filter, { names, ...request }) {
      const visible = names === undefined ? filteredPrompts(db, filter) : filteredPrompts(db, filter).where((eb) => namedOnly(eb, names));
      const columns = { sort: SORT_COLUMN[request.sort.field], id: "prompts.id" };
      const rows = await pageQuery(visible, { ...request, names: undefined }, columns).execute();
      const value = (prompt: Prompt) => (request.sort.field === "name" ? prompt.name : prompt.createdAt.toISOString());
      return cutPage(rows.map(promptOf), request.limit, (prompt) => ({ value: value(prompt), id: prompt.id }));
    },
    change: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "prompts", "id", [id]);
        const current = await requirePrompt(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        await writeChange(tx, current, change);
        return { result: await requirePrompt(tx, id), change: changeOf(current, change.event) };
      }),
    delete: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "prompts", "id", [id]);
        const current = await requirePrompt(tx, id);
        const event = plan(current);
        await tx.deleteFrom("prompts").where("id", "=", id).execute();
        return { result: undefined, change: changeOf(current, event) };
      }),
  };
}

function changeOf({ id }: Prompt, event: Change["event"]): Change {
  return { event, touched: [{ kind: "prompts", ref: id }] };
}

async function insertRow(tx: Transaction<Schema>, prompt: Prompt): Promise<void> {
  await lockRows(tx, "projects", "name", [prompt.project]);
  const project = await tx.selectFrom("projects").select("id").where("name", "=", prompt.project).executeTakeFirst();
  if (project === undefined) throw projectUnknown(prompt.project);
  const row = {
    id: prompt.id,
    project_id: project.id,
    name: prompt.name,
    description: prompt.description,
    arguments: JSON.stringify(prompt.arguments),
    template: prompt.template,
    version: prompt.version,
    created_at: prompt.createdAt.toISOString(),
    updated_at: prompt.updatedAt.toISOString(),
  };
  try {
    await tx.insertInto("prompts").values(row).execute();
  } catch (thrown) {
    if (!isUniqueViolation(thrown)) throw thrown;
    throw new AppError("conflict", "PROMPT_NAME_TAKEN", `There is a prompt ${prompt.name} in the project ${prompt.project} already`);
  }
}

async function writeChange(tx: Transaction<Schema>, current: Prompt, { event, ...change }: PromptChange): Promise<void> {
  const { description = current.description, template = current.template, arguments: given = current.arguments } = change;
  const updated = await tx
    .updateTable("prompts")
    .set({ description, template, arguments: JSON.stringify(given), version: current.version + 1, updated_at: event.at })
    .where("id", "=", current.id)
    .where("version", "=", current.version)
    .executeTakeFirst();
  requireUpdated(updated);
}

async function requirePrompt(tx: Transaction<Schema>, id: string): Promise<Prompt> {
  const prompt = await promptById(tx, id);
  if (prompt === undefined) throw promptUnknown(id);
  return prompt;
}

async function promptById(db: Kysely<Schema>, id: string): Promise<Prompt | undefined> {
  const row = await selectPrompts(db).where("prompts.id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : promptOf(row);
}

function selectPrompts(db: Kysely<Schema>) {
  return db
    .selectFrom("prompts")
    .innerJoin("projects", "projects.id", "prompts.project_id")
    .selectAll("prompts")
    .select("projects.name as project");
}

function filteredPrompts(db: Kysely<Schema>, { name, project }: PromptFilter) {
  let query = selectPrompts(db);
  if (name !== undefined) query = query.where("prompts.name", "=", name);
  if (project !== undefined) query = query.where("projects.name", "=", project);
  return query;
}

/** A project's all, or the named ones of a project. */
function namedOnly(eb: ExpressionBuilder<Schema, "prompts" | "projects">, names: ReadonlySet<string>): Expression<SqlBool> {
  const pairs = [...names].flatMap((each) => {
    const [project = "", name = "", ...rest] = each.split("/");
    return name === "" || rest.length > 0 ? [] : [{ project, name }];
  });
  const whole = pairs.filter(({ name }) => name === "*").map(({ project }) => project);
  const single = Map.groupBy(
    pairs.filter(({ name }) => name !== "*"),
    ({ project }) => project,
  );
  return eb.or([
    ...(whole.length === 0 ? [] : [eb("projects.name", "in", whole)]),
    ...[...single].map(([project, members]) =>
      eb.and([
        eb("projects.name", "=", project),
        eb(
          "prompts.name",
          "in",
          members.map(({ name }) => name),
        ),
      ]),
    ),
  ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectPrompts>["execute"]>>[number];

function promptOf(row: Row): Prompt {
  return {
    id: row.id,
    name: row.name,
    project: row.project,
    description: row.description,
    arguments: promptArgumentsOf(row.arguments),
    template: row.template,
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
