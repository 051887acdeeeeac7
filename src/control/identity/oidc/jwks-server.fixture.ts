import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

interface Pair {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** A provider on 127.0.0.1 that publishes keys and signs with them. */
export interface JwksServer {
  readonly issuer: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** What is answered instead of the keys. */
  instead: (() => Response | Promise<Response>) | undefined;
  /** Adds a key, published from now on, and signs with it. */
  rotate(kid: string): Promise<void>;
  /** Publishes no more than the key it signs with. */
  forgetOldKeys(): void;
  sign(claims: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
  publicJwk(): JWK;
  close(): Promise<void>;
}

export async function startJwksServer(algorithm: string): Promise<JwksServer> {
  let pairs: Pair[] = [];
  const asked: string[] = [];
  const current = () => {
    const last = pairs.at(-1);
    if (last === undefined) throw new Error("there is no key yet");
    return last;
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, origin } = new URL(request.url);
      asked.push(pathname);
      if (pathname === "/.well-known/openid-configuration") return Response.json({ issuer: origin, jwks_uri: `${origin}/keys` });
      return (await fixture.instead?.()) ?? Response.json({ keys: pairs.map(({ publicJwk }) => publicJwk) });
    },
  });
  const fixture: JwksServer = {
    issuer: `http://127.0.0.1:${server.port}`,
    asked,
    instead: undefined,
    async rotate(kid) {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
      pairs.push({ kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, use: "sig" } });
    },
    forgetOldKeys() {
      pairs = [current()];
    },
    async sign(claims, header = {}) {
      const { kid, privateKey } = current();
      return await new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, ...header }).sign(privateKey);
    },
    publicJwk: () => current().publicJwk,
    close: () => server.stop(true),
  };
  await fixture.rotate("first");
  return fixture;
}
