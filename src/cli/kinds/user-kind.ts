import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type UserResource, userCreateSchema } from "../../api/resources/user.ts";
import { ageOf } from "../age.ts";
import { joined, yesNo } from "./cells.ts";
import { defineKind } from "./kind.ts";

export const userKind = defineKind<UserResource>({
  plural: "users",
  singular: "user",
  endpoints: ENDPOINTS.users,
  idPrefix: "usr_",
  nameKey: "username",
  filters: { name: "username" },
  columns: [
    { header: "NAME", cell: ({ username }) => username },
    { header: "EMAIL", cell: ({ email }) => email ?? "-" },
    { header: "ROLES", cell: ({ roles }) => joined(roles) },
    { header: "STATUS", cell: ({ disabled }) => (disabled ? "disabled" : "active") },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "PASSWORD", wide: true, cell: ({ hasPassword }) => yesNo(hasPassword) },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  // A password never stands in a file: `user password` sets it.
  spec: { schema: userCreateSchema.omit({ password: true }), derived: ["hasPassword"], unordered: ["roles"] },
});
