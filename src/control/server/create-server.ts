import { type Backing, backingSchema } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { parseServerHandle } from "../../core/server-handle.ts";
import type { Server } from "./server.ts";
import type { ServerStore } from "./server-store.ts";

export interface CreateServerDeps {
  readonly servers: ServerStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Registers an enabled server. Throws `invalid` for a bad handle or backing, `conflict`/`SERVER_HANDLE_TAKEN`. */
export async function createServer(deps: CreateServerDeps, input: { readonly handle: string; readonly backing: Backing }): Promise<Server> {
  const backing = backingSchema.safeParse(input.backing);
  if (!backing.success) {
    const issue = backing.error.issues[0];
    throw new AppError("invalid", "SERVER_BACKING_INVALID", `backing.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  const server: Server = {
    id: deps.ids.next("srv"),
    handle: parseServerHandle(input.handle),
    backing: backing.data,
    enabled: true,
    createdAt: deps.clock.now(),
  };
  await deps.servers.insert(server);
  return server;
}
