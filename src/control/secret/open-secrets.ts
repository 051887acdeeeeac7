import { AppError } from "../../core/app-error.ts";
import type { SecretBox } from "../../core/secret-box.ts";
import type { SealedSecret } from "./secret.ts";
import type { SecretStore } from "./secret-store.ts";

export interface OpenSecretsDeps {
  readonly secrets: Pick<SecretStore, "sealed">;
  readonly box: SecretBox;
  /** Hears of a secret that cannot be read: the servers that need it fail, and no others. */
  readonly onUnreadable: (error: AppError) => void;
}

/** The values of the secrets of these names, by name, for those who make connections: no reply of the API ever holds one. */
export async function openSecrets(deps: OpenSecretsDeps, names: readonly string[]): Promise<Record<string, string>> {
  const values: [string, string][] = [];
  for (const secret of await deps.secrets.sealed(names)) {
    try {
      values.push([secret.name, openSecret(deps.box, secret)]);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      deps.onUnreadable(thrown);
    }
  }
  return Object.fromEntries(values);
}

/** Throws `internal`/`SECRET_DAMAGED`, naming the secret. */
export function openSecret(box: SecretBox, { id, name, ciphertext }: SealedSecret): string {
  try {
    return box.open(ciphertext, id);
  } catch (cause) {
    throw new AppError("internal", "SECRET_DAMAGED", `The value of the secret ${name} cannot be decrypted`, {
      cause,
      hint: "was the installation's master key replaced? Put it back, or set the value anew",
    });
  }
}
