import { readFileSync } from "node:fs";
import { TokenValidator } from "../agent/identity/token-validator.ts";
import { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";

export interface IdentityProviderSettings {
  /** Without a slash at the end. */
  readonly serverUrl: string;
  /** A file with the authorities, in PEM, that its certificate may come from. */
  readonly caCert: string | undefined;
  readonly serviceName: string;
}

/** Asks the identity provider whose a token is. Throws `not_found`/`CERTIFICATE_MISSING`. */
export function agentTokenCheck({ serverUrl, caCert, serviceName }: IdentityProviderSettings): TokenValidator {
  const ca = caCert === undefined ? undefined : readAuthority(caCert);
  return new TokenValidator({
    url: serverUrl,
    clock: systemClock,
    userAgent: serviceName,
    ...(ca === undefined ? {} : { fetch: (url, init) => fetch(url, { ...init, tls: { ca } }) }),
  });
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError(
      "not_found",
      "CERTIFICATE_MISSING",
      `${path} cannot be read: ${(cause as { code?: string }).code ?? "unknown cause"}`,
      {
        cause,
        hint: "it is what mcias.ca_cert names",
      },
    );
  }
}
