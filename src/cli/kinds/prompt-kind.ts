import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type PromptResource, promptCreateSchema } from "../../api/resources/prompt.ts";
import { ageOf } from "../age.ts";
import { joined } from "./cells.ts";
import { defineKind } from "./kind.ts";

export const promptKind = defineKind<PromptResource>({
  plural: "prompts",
  singular: "prompt",
  endpoints: ENDPOINTS.prompts,
  idPrefix: "prm_",
  inProject: true,
  filters: { project: "project", name: "name" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "PROJECT", cell: ({ project }) => project },
    { header: "ARGUMENTS", cell: (prompt) => joined(prompt.arguments.map(({ name, required }) => `${name}${required ? "!" : ""}`)) },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "DESCRIPTION", wide: true, cell: ({ description }) => description || "-" },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  spec: { schema: promptCreateSchema, derived: [] },
});
