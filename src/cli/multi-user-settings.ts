import { AppError } from "../core/app-error.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What multi-user mode is told by its environment. */
export interface MultiUserSettings {
  /** What JWTs are proven with here; undefined: only mcpd says what a credential opens. */
  readonly key: { readonly kind: "secret"; readonly secret: string } | { readonly kind: "jwks"; readonly url: string } | undefined;
  /** Ranges of addresses where the keys may be although they are not public; there over plain http too. */
  readonly jwksAllowAddresses: readonly string[];
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** What the keys of sessions are derived from; undefined: from the secret of JWTs, where there is one. */
  readonly sessionSecret: string | undefined;
}

/** RFC 7518, section 3.2: the key of HS256 has at least as many bytes as its hash. */
const MIN_SECRET_BYTES = 32;

const WORDS: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false, "": false };

/**
 * Undefined: multi-user mode is off. `QUILT_MULTIUSER_MODE` is another name of `MCP_MULTIUSER_MODE`. Throws `invalid`,
 * naming the variable and never a secret.
 */
export function multiUserSettings(env: Env): MultiUserSettings | undefined {
  const on = isOn("MCP_MULTIUSER_MODE", env.MCP_MULTIUSER_MODE);
  if (!isOn("QUILT_MULTIUSER_MODE", env.QUILT_MULTIUSER_MODE) && !on) return undefined;
  return {
    key: keyOf(env),
    jwksAllowAddresses: parseRanges("MCP_JWKS_ALLOW_ADDRESSES", given(env.MCP_JWKS_ALLOW_ADDRESSES)),
    issuer: given(env.MCP_JWT_ISSUER),
    audience: given(env.MCP_JWT_AUDIENCE),
    sessionSecret: secretOf("MCP_SESSION_SECRET", env.MCP_SESSION_SECRET),
  };
}

function isOn(name: string, text = ""): boolean {
  const on = WORDS[text.toLowerCase()];
  if (on !== undefined) return on;
  throw new AppError("invalid", "MULTIUSER_MODE_INVALID", `${name} '${text}' is neither true nor false`, {
    hint: `set ${name}=true, or unset it`,
  });
}

function keyOf(env: Env): MultiUserSettings["key"] {
  const secret = secretOf("MCP_JWT_SECRET", env.MCP_JWT_SECRET);
  const url = given(env.MCP_JWKS_URL);
  if (secret === undefined) return url === undefined ? undefined : { kind: "jwks", url: parseJwksUrl(url) };
  if (url === undefined) return { kind: "secret", secret };
  throw new AppError("invalid", "JWT_KEYS_AMBIGUOUS", "Both MCP_JWT_SECRET and MCP_JWKS_URL are set", {
    hint: "JWTs are proven by one kind of key: unset one of them",
  });
}

function secretOf(name: string, text: string | undefined): string | undefined {
  const secret = given(text);
  if (secret === undefined || Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret;
  throw new AppError("invalid", "JWT_SECRET_SHORT", `${name} has fewer than ${MIN_SECRET_BYTES} bytes`, {
    hint: "make one with 'openssl rand -base64 48'",
  });
}

function parseJwksUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return text;
  throw new AppError("invalid", "JWKS_URL_INVALID", "MCP_JWKS_URL is no URL of a set of keys", {
    hint: "write https://HOST/PATH, without a user",
  });
}

const RANGE = /^[0-9a-fA-F.:]{2,45}\/\d{1,3}$/;

function parseRanges(name: string, text: string | undefined): readonly string[] {
  const ranges = text?.split(",").map((each) => each.trim()) ?? [];
  const wrong = ranges.find((range) => !RANGE.test(range));
  if (wrong === undefined) return ranges;
  throw new AppError("invalid", "ADDRESS_RANGE_INVALID", `${name}: '${wrong}' is no range of addresses`, {
    hint: "write ranges such as 10.0.0.0/8, with commas between them",
  });
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
