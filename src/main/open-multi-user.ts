import { hkdfSync } from "node:crypto";
import type { MultiUserSettings } from "../cli/multi-user-settings.ts";
import type { CredentialResolver } from "../control/access/credential-resolver.ts";
import { guardedFetchJson } from "../control/identity/http/guarded-fetch-json.ts";
import { multiUserResolver } from "../control/identity/multi-user/multi-user-resolver.ts";
import { isAllowedAddress } from "../core/address-guard.ts";
import type { Clock } from "../core/clock.ts";

/** What a gateway in multi-user mode is made with. */
export interface MultiUser {
  /** Says what a JWT opens by itself; undefined: mcpd says it. */
  readonly resolver: CredentialResolver | undefined;
  /** Seals session ids, the same in every replica and after a restart; undefined: nothing was given to derive it from. */
  readonly sessionKey: Uint8Array | undefined;
}

const KEY_BYTES = 32;

/** `project` is that of a JWT which names none; undefined: it is bound to none. */
export function openMultiUser(settings: MultiUserSettings, { clock, project }: { clock: Clock; project: string | undefined }): MultiUser {
  const { key, issuer, audience, sessionSecret } = settings;
  const seed = sessionSecret ?? (key?.kind === "secret" ? key.secret : undefined);
  const sessionKey = seed === undefined ? undefined : derive(seed);
  if (key === undefined) return { resolver: undefined, sessionKey };
  const proving = key.kind === "secret" ? { kind: key.kind, secret: new TextEncoder().encode(key.secret) } : key;
  const fetchJson = jwksFetch(settings);
  return { resolver: multiUserResolver({ key: proving, issuer, audience, project }, { clock, fetchJson }), sessionKey };
}

/** Whoever has a key of sessions must not learn from it how to sign JWTs. */
function derive(seed: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), "mcplocal multi-user sessions", KEY_BYTES));
}

/** From public addresses over https alone; from private ones that were named, over plain http too. */
function jwksFetch({ key, jwksAllowAddresses: allow }: MultiUserSettings): (url: string) => Promise<unknown> {
  const plain = key?.kind === "jwks" && key.url.startsWith("http:");
  const isPublic = (ip: string) => isAllowedAddress(ip, { allow: [], allowLoopback: false });
  return guardedFetchJson({
    isAllowedAddress: (ip) => isAllowedAddress(ip, { allow, allowLoopback: false }) && !(plain && isPublic(ip)),
    allowHttp: plain && allow.length > 0,
  });
}
