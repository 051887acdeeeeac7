import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { findPermitted } from "../access/find-permitted.ts";
import { type SecretDetails, secretUnknown } from "./secret.ts";
import type { SecretStore } from "./secret-store.ts";

/** The secret of an id or a name, if `actor` may do `verb` with it. Throws `not_found`/`SECRET_UNKNOWN`, `denied`. */
export function findSecret(secrets: SecretStore, actor: Actor, verb: Role, reference: string): Promise<SecretDetails> {
  const { byId, byName } = secrets;
  const nameOf = ({ name }: SecretDetails) => name;
  return findPermitted({ resource: "secrets", prefix: "sec", byId, byName, nameOf, unknown: secretUnknown }, actor, verb, reference);
}
