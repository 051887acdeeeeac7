import type { Kysely } from "kysely";
import type { ProjectDefinition } from "../../api/server-definition.ts";
import type { Schema } from "../../store/schema.ts";
import { promptArgumentsOf } from "../prompt/prompt.ts";

/** Every project by name, with the handles of its servers in their order and its prompts by name. */
export async function readProjectDefinitions(db: Kysely<Schema>): Promise<ProjectDefinition[]> {
  const projects = await db.selectFrom("projects").select(["id", "name"]).orderBy("name").execute();
  const links = await db
    .selectFrom("project_servers")
    .innerJoin("servers", "servers.id", "project_servers.server_id")
    .select(["project_servers.project_id", "servers.handle"])
    .orderBy("project_servers.position")
    .execute();
  const prompts = await db.selectFrom("prompts").selectAll().orderBy("name").execute();
  const handlesOf = Map.groupBy(links, (link) => link.project_id);
  const promptsOf = Map.groupBy(prompts, (prompt) => prompt.project_id);
  return projects.map(({ id, name }) => ({
    id,
    name,
    servers: (handlesOf.get(id) ?? []).map(({ handle }) => handle),
    prompts: (promptsOf.get(id) ?? []).map((prompt) => ({
      name: prompt.name,
      description: prompt.description,
      arguments: promptArgumentsOf(prompt.arguments),
      template: prompt.template,
    })),
  }));
}
