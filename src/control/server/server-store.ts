import type { Backing } from "../../api/server-definition.ts";
import type { Server } from "./server.ts";

/** What server use cases need from storage. */
export interface ServerStore {
  /** Throws `conflict`/`SERVER_HANDLE_TAKEN`. */
  insert(server: Server): Promise<void>;
  byHandle(handle: string): Promise<Server | undefined>;
  updateBacking(id: string, backing: Backing): Promise<void>;
  all(): Promise<Server[]>;
}
