import { z } from "zod";
import { descriptionSchema, instantSchema, nameSchema, versioned } from "../fields.ts";

/** A gateway apart from mcpd that has an identity of its own. */
export const gatewaySchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  prefix: z.string(),
  lastSeenAt: instantSchema.nullable(),
  ...versioned,
});

export const gatewayCreateSchema = z.strictObject({ name: nameSchema, description: descriptionSchema.default("") });

/** The only answer that ever holds the gateway's key. */
export const gatewayCreatedSchema = gatewaySchema.extend({ token: z.string() });

export type GatewayResource = z.infer<typeof gatewaySchema>;
