import type { UserRole } from "../../api/resources/user.ts";
import type { GrantedBinding } from "../../core/permission.ts";

/** Where the bindings of somebody come from, as they are now. */
export interface BindingsSource {
  /** By roles of their own, by definitions that name them (user name or email), and by their groups. */
  ofUser(user: UserRef): Promise<readonly GrantedBinding[]>;
  /** By definitions that name one of these groups: for JWTs that map to groups. Unknown groups give nothing. */
  ofGroups(names: readonly string[]): Promise<readonly GrantedBinding[]>;
  /** By definitions that name this token. */
  ofToken(sha: string): Promise<readonly GrantedBinding[]>;
}

export interface UserRef {
  readonly id: string;
  readonly username: string;
  readonly email: string | undefined;
  readonly roles: readonly UserRole[];
}
