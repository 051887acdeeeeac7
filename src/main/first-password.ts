import { systemActor } from "../control/access/system-actor.ts";
import { givePassword } from "../control/user/give-password.ts";
import type { Embedded } from "./start-embedded.ts";

/** A random password for the administrator of a first start; undefined where one was given before. */
export async function firstPassword({ control, demo }: Embedded): Promise<{ username: string; password: string } | undefined> {
  if (demo.admin.passwordHash !== undefined) return undefined;
  const { stores, passwords, clock } = control;
  const hashPassword = (password: string) => passwords.hash(password);
  return {
    username: demo.admin.username,
    password: await givePassword({ users: stores.users, hashPassword, clock }, systemActor(), demo.admin),
  };
}
