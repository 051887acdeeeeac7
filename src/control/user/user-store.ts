import type { User } from "./user.ts";

/** What user use cases need from storage. */
export interface UserStore {
  /** Throws `conflict`/`USERNAME_TAKEN`. */
  insert(user: User): Promise<void>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
  /** The administrator that was made first, if there is one. */
  firstAdmin(): Promise<User | undefined>;
}
