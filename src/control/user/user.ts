export interface User {
  readonly id: string;
  readonly username: string;
  /** argon2id in PHC form; undefined where no password was given yet, so that none opens the account. */
  readonly passwordHash: string | undefined;
  readonly admin: boolean;
  readonly createdAt: Date;
}
