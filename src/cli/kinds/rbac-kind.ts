import { z } from "zod";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import {
  type RbacDefinitionResource,
  rbacDefinitionCreateSchema,
  type Subject,
  subjectSchema,
} from "../../api/resources/rbac-definition.ts";
import { formatBinding } from "../../core/permission.ts";
import { ageOf } from "../age.ts";
import { firstOf, formatSubject } from "./cells.ts";
import { defineKind } from "./kind.ts";

export const rbacKind = defineKind<RbacDefinitionResource>({
  plural: "rbac",
  singular: "rbac",
  aliases: ["rolebinding", "rolebindings"],
  endpoints: ENDPOINTS.rbac,
  idPrefix: "rbac_",
  filters: { name: "name", subject: "subject" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "SUBJECTS", cell: ({ subjects }) => firstOf(subjects.map(shortSubject)) },
    { header: "ROLE BINDINGS", cell: ({ roleBindings }) => firstOf(roleBindings.map(formatBinding)) },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "TOKEN", wide: true, cell: ({ tokenId }) => tokenId ?? "-" },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  spec: {
    // As mcpd keeps them: emails and hashes in lower case.
    schema: rbacDefinitionCreateSchema.extend({ subjects: z.array(subjectSchema.transform(lowerCase)).min(1).max(200) }),
    derived: ["tokenId"],
    unordered: ["subjects", "roleBindings"],
    notOwn: (name) => (name.startsWith("mcptoken-tok_") ? "comes and goes with its token - skipped" : undefined),
  },
});

/** A hash in full is wider than all the rest. */
function shortSubject(subject: Subject): string {
  const text = formatSubject(subject);
  return subject.kind === "McpToken" ? `${text.slice(0, 21)}…` : text;
}

function lowerCase({ kind, name }: Subject): Subject {
  const isFolded = kind === "McpToken" || (kind === "User" && name.includes("@"));
  return { kind, name: isFolded ? name.toLowerCase() : name };
}
