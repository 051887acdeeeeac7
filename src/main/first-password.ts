import { systemActor } from "../control/access/system-actor.ts";
import { giveFirstPassword } from "../control/user/give-password.ts";
import type { Embedded } from "./start-embedded.ts";

/** A random password for the administrator of a first start; undefined where one was given before, also by another mcpd just now. */
export async function firstPassword({ control, demo }: Embedded): Promise<{ username: string; password: string } | undefined> {
  if (demo.admin.passwordHash !== undefined) return undefined;
  const { stores, passwords, clock } = control;
  const hashPassword = (password: string) => passwords.hash(password);
  const password = await giveFirstPassword({ users: stores.users, hashPassword, clock }, systemActor(), demo.admin);
  return password === undefined ? undefined : { username: demo.admin.username, password };
}
