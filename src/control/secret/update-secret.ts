import type { Clock } from "../../core/clock.ts";
import type { SecretBox } from "../../core/secret-box.ts";
import type { Actor } from "../access/actor.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { findSecret } from "./find-secret.ts";
import { requireSecretValue, type SecretDetails } from "./secret.ts";
import type { SecretStore } from "./secret-store.ts";

export interface UpdateSecretDeps {
  readonly secrets: SecretStore;
  readonly box: SecretBox;
  readonly clock: Clock;
}

export interface SecretPatch {
  readonly description?: string | undefined;
  readonly value?: string | undefined;
}

/**
 * Changes a secret. A value that is given counts as a change although it may be the same: whether it is must not be
 * told, or who may change a secret could guess it.
 *
 * Throws `denied`, `invalid`, `precondition`/`VERSION_STALE`, `not_found`/`SECRET_UNKNOWN`.
 */
export async function updateSecret(
  deps: UpdateSecretDeps,
  actor: Actor,
  reference: string,
  { description, value }: SecretPatch,
  ifMatch?: number,
): Promise<SecretDetails> {
  if (value !== undefined) requireSecretValue(value);
  const { id, name } = await findSecret(deps.secrets, actor, "edit", reference);
  const ciphertext = value === undefined ? undefined : deps.box.seal(value, id);
  return deps.secrets.change(id, (current) => {
    requireVersion(current.version, ifMatch);
    const described = description !== undefined && description !== current.description;
    if (!described && ciphertext === undefined) return undefined;
    const changed = [...(described ? ["description"] : []), ...(ciphertext === undefined ? [] : ["content"])];
    const what = { action: "secret.update", resource: "secrets", resourceName: name, detail: { changed } };
    return { description: described ? description : undefined, ciphertext, event: resourceEvent(actor, deps.clock.now(), what) };
  });
}
