import type { Backing } from "../../api/server-definition.ts";

export interface Server {
  readonly id: string;
  readonly handle: string;
  readonly backing: Backing;
  readonly enabled: boolean;
  readonly createdAt: Date;
}
