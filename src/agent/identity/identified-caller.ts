/** Whose a token is, as the identity provider says. */
export interface IdentifiedCaller {
  readonly username: string;
  readonly roles: readonly string[];
}
