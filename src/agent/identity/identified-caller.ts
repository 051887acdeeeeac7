/** Whose a token is, as the identity provider says. */
export interface IdentifiedCaller {
  readonly username: string;
  readonly roles: readonly string[];
  /** The only node that the token opens something on; undefined: every one. */
  readonly node?: string | undefined;
}
