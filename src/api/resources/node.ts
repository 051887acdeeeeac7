import { z } from "zod";
import { NODE_NAME, NODE_NAME_RULE } from "../../core/node-name.ts";
import { descriptionSchema, versioned } from "../fields.ts";

const MAX_PEM = 16_384;

const address = z
  .string()
  .max(260)
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[1-9]\d{0,4}$/, "must be HOST:PORT")
  .refine((value) => Number(value.slice(value.lastIndexOf(":") + 1)) <= 65_535, "must have a port of at most 65535");

const certificate = z
  .string()
  .max(MAX_PEM, `must have at most ${MAX_PEM} characters`)
  .regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "must be PEM, -----BEGIN CERTIFICATE-----");

/** A machine with an agent. */
export const nodeSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** Where its agent listens, HOST:PORT. */
  address: z.string(),
  /** The certificate that its agent shows, or that of who has signed it; null: one that this system trusts anyway. */
  certificate: z.string().nullable(),
  /** SHA-256 of the certificate, in hex with colons; null where it has none of its own. */
  fingerprint: z.string().nullable(),
  ...versioned,
});

export const nodeCreateSchema = z.strictObject({
  name: z.string().regex(NODE_NAME, `must be ${NODE_NAME_RULE}`),
  description: descriptionSchema.default(""),
  address,
  certificate: certificate.nullable().default(null),
});

export const nodePatchSchema = z.strictObject({
  description: descriptionSchema.optional(),
  address: address.optional(),
  certificate: certificate.nullable().optional(),
});

export type NodeResource = z.infer<typeof nodeSchema>;
