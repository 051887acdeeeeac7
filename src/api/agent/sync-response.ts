import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type ServiceSyncResultSchema, type SyncDesiredStateResponse, SyncDesiredStateResponseSchema } from "./contract.ts";

/** An answer to a sync, for who makes one without an agent. */
export function syncResponse(results: MessageInitShape<typeof ServiceSyncResultSchema>[]): SyncDesiredStateResponse {
  return create(SyncDesiredStateResponseSchema, { results });
}
