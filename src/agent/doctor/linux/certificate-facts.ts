import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { NodeFacts } from "../node-facts.ts";

/** A certificate and its key in PEM. Undefined: neither is there. */
export async function certificateFacts(path: string, keyPath: string): Promise<NodeFacts["certificate"]> {
  try {
    const pem = await readFile(path).catch(absent);
    const keyPem = await readFile(keyPath).catch(absent);
    if (pem === undefined && keyPem === undefined) return undefined;
    if (pem === undefined || keyPem === undefined) return { path, problem: `there is no ${pem === undefined ? path : keyPath}` };
    const certificate = new X509Certificate(pem);
    return {
      path,
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
      names: namesOf(certificate),
      matchesKey: certificate.checkPrivateKey(createPrivateKey(keyPem)),
      keyPath,
      keyMode: (await stat(keyPath)).mode & 0o777,
    };
  } catch (thrown) {
    return { path, problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function absent(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== "ENOENT") throw thrown;
}

/** Of `DNS:rift, IP Address:10.0.0.1`. */
function namesOf({ subjectAltName = "" }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(",")
    .map((name) => /^\s*(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? "")
    .filter((name) => name !== "");
}
