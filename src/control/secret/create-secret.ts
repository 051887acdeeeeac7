import { requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { SecretBox } from "../../core/secret-box.ts";
import type { Actor } from "../access/actor.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { parseSecretName, requireSecretValue, type Secret, type SecretDetails } from "./secret.ts";
import type { SecretStore } from "./secret-store.ts";

export interface CreateSecretDeps {
  readonly secrets: SecretStore;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface CreateSecretInput {
  readonly name: string;
  readonly description?: string;
  readonly value: string;
}

/** Keeps a secret, encrypted; nothing gives its value back. Throws `denied`, `invalid`, `conflict`/`SECRET_NAME_TAKEN`. */
export async function createSecret(deps: CreateSecretDeps, actor: Actor, input: CreateSecretInput): Promise<SecretDetails> {
  requireAccess(actor.caller, { verb: "create", resource: "secrets", name: input.name });
  requireSecretValue(input.value);
  const at = deps.clock.now();
  const secret: Secret = {
    id: deps.ids.next("sec"),
    name: parseSecretName(input.name),
    description: input.description ?? "",
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  const event = resourceEvent(actor, at, { action: "secret.create", resource: "secrets", resourceName: secret.name });
  return deps.secrets.insert(secret, deps.box.seal(input.value, secret.id), event);
}
