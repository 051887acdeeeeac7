import { z } from "zod";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type ProjectResource, projectCreateSchema } from "../../api/resources/project.ts";
import { ageOf } from "../age.ts";
import { joined } from "./cells.ts";
import { defineKind } from "./kind.ts";

export const projectKind = defineKind<ProjectResource>({
  plural: "projects",
  singular: "project",
  aliases: ["proj"],
  endpoints: ENDPOINTS.projects,
  idPrefix: "prj_",
  filters: { name: "name", server: "server", owner: "owner" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "SERVERS", cell: ({ servers }) => joined(servers) },
    { header: "OWNER", cell: ({ owner }) => owner },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "DESCRIPTION", wide: true, cell: ({ description }) => description || "-" },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  // The owner of a new project is who creates it; another is given in a second step.
  spec: { schema: projectCreateSchema.extend({ owner: z.string().max(63).optional() }), derived: [] },
});
