import type { Grant } from "../../api/grant.ts";

/** Says what a raw credential opens: of one kind each, told by its prefix or shape. */
export interface CredentialResolver {
  /** Whether a credential is of this kind at all. */
  takes(credential: string): boolean;
  /** Undefined: it opens nothing (unknown, expired, revoked, its user disabled). Throws where that cannot be told. */
  resolve(credential: string): Promise<Grant | undefined>;
}

/** Asks the first resolver that takes the credential; one that none takes opens nothing. */
export function resolveBy(resolvers: readonly CredentialResolver[]): (credential: string) => Promise<Grant | undefined> {
  return async (credential) => resolvers.find((resolver) => resolver.takes(credential))?.resolve(credential);
}
