import { randomBytes } from "node:crypto";
import { ApiClient } from "../api/api-client.ts";
import { ENDPOINTS } from "../api/endpoints/endpoints.ts";
import { systemActor } from "../control/access/system-actor.ts";
import { updateUser } from "../control/user/update-user.ts";
import { toBase62 } from "../core/base62.ts";
import { checkoutFolder } from "./checkout.ts";
import { dataFolderAt } from "./data-folder.ts";
import { withHolder } from "./holder.ts";
import type { RoleIo } from "./run-role.ts";
import { withControl } from "./with-control.ts";

/** Gives a user a new random password of 128 bits and returns it: by the running mcpd, else by itself. */
export async function resetPassword(
  {
    username,
    dataDir,
    databaseUrl,
  }: { readonly username: string; readonly dataDir: string | undefined; readonly databaseUrl: string | undefined },
  io: RoleIo,
): Promise<string> {
  const folder = dataFolderAt(dataDir, { env: io.env, checkout: checkoutFolder() });
  const password = toBase62(randomBytes(16), 22);
  await withHolder(
    folder,
    dataDir !== undefined,
    async ({ api, operatorKey }) => {
      const client = new ApiClient({ baseUrl: api, bearer: operatorKey });
      await client.call(ENDPOINTS.users.update, { params: { id: username }, body: { password } });
    },
    () =>
      withControl({ folder, databaseUrl: databaseUrl ?? io.env.MCPD_DATABASE_URL, env: io.env }, async (control) => {
        const { users } = control.stores;
        const hashPassword = (text: string) => control.passwords.hash(text);
        await updateUser({ ...control, users, hashPassword }, systemActor(), username, { password });
      }),
  );
  return password;
}
