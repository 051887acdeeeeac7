import { z } from "zod";
import { SCOPES } from "../core/caller.ts";

const MAX_ENTRIES = 200;
const MAX_TOOLS = 1000;

const fewEntries = (most: number) => (record: object) => Object.keys(record).length <= most;
const tooMany = (most: number) => `must have at most ${most} entries`;

/** `*` is any text, `?` one character; nothing else is special. */
export const globSchema = z
  .string()
  .regex(/^[^\p{Cc}\s]{1,200}$/u, "must be a pattern of 1-200 characters without spaces, where * is any text and ? one character");

/** A method of MCP, or a pattern of methods. */
export const methodPatternSchema = z
  .string()
  .regex(/^[A-Za-z*?$][A-Za-z0-9_/.$*?-]{0,127}$/, "must be a method such as tools/call, or a pattern such as resources/*");

/** A tool as its server calls it. */
const ownName = z.string().regex(/^[^\p{Cc}]{1,256}$/u, "must be the name of a tool, 1-256 characters");

/** Letters, digits, `_`, `-` and `.`: what revision 2025-11-25 of MCP allows in the name of a tool. */
const newName = z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, "must be 1-128 of letters, digits, '_', '-' and '.'");

const toolText = z
  .string()
  .min(1, "must not be empty")
  .max(4000, "must have at most 4000 characters")
  .regex(/^(?:[^\p{Cc}\u202a-\u202e\u2066-\u2069]|[\n\t])*$/u, "must not hold control characters");

const sha256Text = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 digest of 64 characters of 0-9 and a-f");

const bytes = (most: number) => z.int().min(1024, "must be at least 1024 bytes").max(most, `must be at most ${most} bytes`);

/** More than this, beyond the installation's own limit, the listener does not let in. */
export const MAX_SERVER_PAYLOAD = 8 * 1024 * 1024;
const MAX_SERVER_RESULT = 1024 * 1024 * 1024;

/** Calls a minute; 0 is no limit. */
export const perMinuteSchema = z.int().min(0, "must be 0 or more calls a minute").max(1_000_000, "must be at most 1000000 calls a minute");

/** Units stand in the names. Bounds are wide: they keep out what is a mistake, not what is unusual. */
export const streamPolicySchema = z.strictObject({
  enabled: z.boolean().optional(),
  heartbeatSeconds: z.int().min(1).max(300).optional(),
  maxSeconds: z.int().min(1).max(86_400).optional(),
  /** Whether a call is canceled at its server when its client goes away. */
  abortOnDisconnect: z.boolean().optional(),
});

const toolPolicySchema = z.strictObject({
  rename: newName.optional(),
  description: toolText.optional(),
  /** Not listed, and a call of it is refused. */
  hidden: z.boolean().optional(),
  /** The digest of its definition as it was approved; while the server defines it otherwise, it is not offered. */
  definition: sha256Text.optional(),
});

/** What a server says of how it may be used. What it leaves out is as the installation's configuration says. */
export const serverPolicySchema = z.strictObject({
  /** Takes the place of the installation's whole map; what is in it nowhere takes mcp:admin. */
  scopes: z.record(methodPatternSchema, z.enum(SCOPES)).refine(fewEntries(MAX_ENTRIES), tooMany(MAX_ENTRIES)).optional(),
  /** Tools that are refused, besides those that the installation refuses. */
  denyTools: z.array(globSchema).max(MAX_ENTRIES, tooMany(MAX_ENTRIES)).optional(),
  /** By the names that the server itself gives its tools. */
  tools: z
    .record(ownName, toolPolicySchema)
    .refine(fewEntries(MAX_TOOLS), tooMany(MAX_TOOLS))
    .refine((tools) => newNamesOf(tools).length === new Set(newNamesOf(tools)).size, "must not give one name to two tools")
    .optional(),
  /** Calls in flight at once, of all callers. */
  concurrency: z.int().min(1).max(10_000).optional(),
  /** Calls a minute of one identity, by method; others are limited by `rateLimit`. */
  rateLimits: z.record(methodPatternSchema, perMinuteSchema).refine(fewEntries(MAX_ENTRIES), tooMany(MAX_ENTRIES)).optional(),
  stream: streamPolicySchema.optional(),
  timeouts: z
    .strictObject({
      /** Without any message about the call. */
      idleSeconds: z.int().min(1).max(86_400).optional(),
      totalSeconds: z.int().min(1).max(86_400).optional(),
    })
    .optional(),
  maxPayloadBytes: bytes(MAX_SERVER_PAYLOAD).optional(),
  maxResultBytes: bytes(MAX_SERVER_RESULT).optional(),
  maxResultItems: z.int().min(1).max(1_000_000).optional(),
  /** The era that it speaks; `auto` asks it. */
  era: z.enum(["auto", "legacy", "modern"]).optional(),
  /** How often it is asked whether it lives. */
  probe: z.union([z.strictObject({ intervalSeconds: z.int().min(1).max(86_400) }), z.literal("off")]).optional(),
});

export type ServerPolicy = z.infer<typeof serverPolicySchema>;

function newNamesOf(tools: Readonly<Record<string, { readonly rename?: string | undefined }>>): string[] {
  return Object.values(tools).flatMap(({ rename }) => (rename === undefined ? [] : [rename]));
}
