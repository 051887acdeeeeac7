import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type GroupResource, groupCreateSchema } from "../../api/resources/group.ts";
import { ageOf } from "../age.ts";
import { joined } from "./cells.ts";
import { defineKind } from "./kind.ts";

export const groupKind = defineKind<GroupResource>({
  plural: "groups",
  singular: "group",
  endpoints: ENDPOINTS.groups,
  idPrefix: "grp_",
  filters: { name: "name", member: "member" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "MEMBERS", cell: ({ members }) => joined(members) },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "DESCRIPTION", wide: true, cell: ({ description }) => description || "-" },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  spec: { schema: groupCreateSchema, derived: [], unordered: ["members"] },
});
