import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type NodeResource, nodeCreateSchema } from "../../api/resources/node.ts";
import { ageOf } from "../age.ts";
import { defineKind } from "./kind.ts";

export const nodeKind = defineKind<NodeResource>({
  plural: "nodes",
  singular: "node",
  endpoints: ENDPOINTS.nodes,
  idPrefix: "nod_",
  filters: { name: "name" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "ADDRESS", cell: ({ address }) => address },
    { header: "CERTIFICATE", cell: ({ fingerprint }) => (fingerprint === null ? "-" : `SHA256 ${fingerprint.slice(0, 23)}…`) },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "DESCRIPTION", wide: true, cell: ({ description }) => description || "-" },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  spec: { schema: nodeCreateSchema, derived: ["fingerprint"] },
});
