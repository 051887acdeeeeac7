import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { PageRequest } from "../page/page.ts";
import type { EnrolledGateway } from "./enrolled-gateway.ts";

export interface GatewayPageRequest extends PageRequest<"name" | "createdAt"> {
  readonly name: string | undefined;
}

/** What use cases of enrolled gateways need from storage. Every change is recorded with it in one transaction. */
export interface EnrolledGatewayStore {
  /** Throws `conflict`/`GATEWAY_NAME_TAKEN`. */
  insert(gateway: EnrolledGateway, event: AuditDraft): Promise<void>;
  byId(id: string): Promise<EnrolledGateway | undefined>;
  byName(name: string): Promise<EnrolledGateway | undefined>;
  byHash(sha256: string): Promise<EnrolledGateway | undefined>;
  page(request: GatewayPageRequest): Promise<Page<EnrolledGateway>>;
  /** False, and nothing recorded, where it is gone already. */
  delete(id: string, event: AuditDraft): Promise<boolean>;
  /** At most once a minute; no change of a resource, so nothing is recorded. */
  recordSeen(id: string, at: Date): Promise<void>;
}
