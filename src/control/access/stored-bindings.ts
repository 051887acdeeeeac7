import { z } from "zod";
import { roleBindingSchema } from "../../api/grant.ts";
import type { RoleBinding } from "../../core/permission.ts";

const storedBindings = z.array(roleBindingSchema);

/** The bindings of a definition's column. How many there may be was said when they came in. */
export function parseStoredBindings(text: string): RoleBinding[] {
  return storedBindings.parse(JSON.parse(text));
}
