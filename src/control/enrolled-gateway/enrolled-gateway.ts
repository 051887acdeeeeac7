import { AppError } from "../../core/app-error.ts";

/** A gateway apart from mcpd that has an identity of its own. */
export interface EnrolledGateway {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** What lists may show of its key. */
  readonly head: string;
  /** Of its key. */
  readonly sha256: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** At most a minute late. */
  readonly lastSeenAt: Date | undefined;
}

export function gatewayUnknown(reference: string): AppError {
  return new AppError("not_found", "GATEWAY_UNKNOWN", `There is no gateway ${reference.slice(0, 80)}`);
}
