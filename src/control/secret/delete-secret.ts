import { AppError } from "../../core/app-error.ts";
import { mayShow } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findSecret } from "./find-secret.ts";
import type { SecretStore } from "./secret-store.ts";

export interface DeleteSecretDeps {
  readonly secrets: SecretStore;
  readonly clock: Clock;
}

/**
 * Deletes a secret that no server names.
 *
 * Throws `denied`, `conflict`/`SECRET_IN_USE`, `precondition`/`VERSION_STALE`, `not_found`/`SECRET_UNKNOWN`.
 */
export async function deleteSecret(deps: DeleteSecretDeps, actor: Actor, reference: string, ifMatch?: number): Promise<void> {
  const { id, name } = await findSecret(deps.secrets, actor, "delete", reference);
  await deps.secrets.delete(id, (current) => {
    requireVersion(current.version, ifMatch);
    if (current.usedBy.length > 0) throw inUse(actor, name, current.usedBy);
    return resourceEvent(actor, deps.clock.now(), { action: "secret.delete", resource: "secrets", resourceName: name });
  });
}

/** Names the servers that the caller may know of. */
function inUse({ caller }: Actor, name: string, usedBy: readonly string[]): AppError {
  const known = usedBy.filter(mayShow(caller, "servers")).slice(0, 10);
  const others = usedBy.length - known.length;
  const users = [...known, ...(others === 0 ? [] : [`${others} more`])].join(", ");
  return new AppError("conflict", "SECRET_IN_USE", `Servers use the secret ${name}: ${users}`, {
    hint: "take it out of their secretEnv or secretHeaders first",
  });
}
