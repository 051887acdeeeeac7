import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type SecretResource, secretCreateSchema } from "../../api/resources/secret.ts";
import { ageOf } from "../age.ts";
import { joined } from "./cells.ts";
import { defineKind } from "./kind.ts";

export const secretKind = defineKind<SecretResource>({
  plural: "secrets",
  singular: "secret",
  endpoints: ENDPOINTS.secrets,
  idPrefix: "sec_",
  filters: { name: "name" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "USED BY", cell: ({ usedBy }) => joined(usedBy) },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "DESCRIPTION", wide: true, cell: ({ description }) => description || "-" },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  // Nothing gives a value back, so a document that was read has none; one that is there already does without.
  spec: { schema: secretCreateSchema.partial({ value: true }), derived: ["usedBy"], writeOnly: ["value"] },
});
