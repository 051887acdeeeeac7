import { z } from "zod";
import { serverPolicySchema } from "./server-policy.ts";

export { type ServerPolicy, serverPolicySchema } from "./server-policy.ts";

const MAX_WORD = 4096;

const word = z
  .string()
  .max(MAX_WORD, `must have at most ${MAX_WORD} characters`)
  .regex(/^[^\0]*$/, "must not hold NUL");
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be the name of a variable");
const header = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, "must be the name of a header");
const headerValue = z
  .string()
  .max(MAX_WORD)
  .regex(/^[\t\x20-\x7e]*$/, "must be printable ASCII");
const part = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "must be 1-40 of a-z, 0-9 and '-', beginning with a letter");
const cidr = z.union([z.cidrv4(), z.cidrv6()], "must be a range such as 10.0.0.0/8");

const MAX_ENTRIES = 64;
const fewEntries = (record: object) => Object.keys(record).length <= MAX_ENTRIES;
const tooMany = `must have at most ${MAX_ENTRIES} entries`;

/**
 * What runs behind a server: something of ours, a process on its standard streams, a URL, or a component of the fleet.
 *
 * `secretEnv` and `secretHeaders` name secrets, whose values are filled in where the connection is made.
 */
export const backingSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("builtin"), name: z.string().max(63) }),
  z.strictObject({
    kind: z.literal("stdio"),
    command: word.min(1, "must name a program"),
    args: z.array(word).max(256, "must have at most 256 arguments").default([]),
    env: z.record(variable, word).refine(fewEntries, tooMany).default({}),
    secretEnv: z.record(variable, z.string().max(63)).refine(fewEntries, tooMany).optional(),
    /** One process for all sessions, or one for each; shared where nothing is said. */
    sharing: z.enum(["shared", "per_session"]).optional(),
  }),
  z.strictObject({
    kind: z.literal("url"),
    url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2048),
    /** `sse` is the older pair of HTTP and SSE; auto where nothing is said: Streamable HTTP, and the older where that is refused. */
    transport: z.enum(["auto", "streamable-http", "sse"]).optional(),
    headers: z.record(header, headerValue).refine(fewEntries, tooMany).optional(),
    secretHeaders: z.record(header, z.string().max(63)).refine(fewEntries, tooMany).optional(),
    /** Ranges that the address may lie in although they are private. */
    allowAddresses: z.array(cidr).max(32, "must have at most 32 ranges").optional(),
  }),
  /** A container that an agent runs; it is reached through the agent. */
  z.strictObject({
    kind: z.literal("component"),
    node: z.string().max(63),
    service: part,
    component: part,
    /** The container's. */
    port: z.int().min(1).max(65_535),
    path: z
      .string()
      .max(1024)
      .regex(/^\/[\x21-\x7e]*$/, "must begin with '/' and hold no spaces")
      .default("/mcp"),
  }),
]);

export type Backing = z.infer<typeof backingSchema>;
/** A backing as it may be given: what has a default may be left out. */
export type BackingInput = z.input<typeof backingSchema>;

export const promptArgumentSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, "must be 1-63 of letters, digits, '_' and '-'"),
  description: z.string().max(500).default(""),
  required: z.boolean().default(false),
});

export type PromptArgument = z.infer<typeof promptArgumentSchema>;

export const promptDefinitionSchema = z.object({
  name: z.string(),
  description: z.string(),
  arguments: z.array(promptArgumentSchema),
  template: z.string(),
});

/** A project's own prompt; `{{argument}}` in its template is replaced. */
export type PromptDefinition = z.infer<typeof promptDefinitionSchema>;

export const serverDefinitionSchema = z.object({
  id: z.string(),
  handle: z.string(),
  backing: backingSchema,
  enabled: z.boolean(),
  /** Calls a minute that one identity may make of each method; null: the installation's limit, 0: none. */
  rateLimit: z.number().int().nullable().default(null),
  /** Tools that it declares to write are offered, by its own setting or by the installation's. */
  writeTools: z.boolean().default(false),
  policy: serverPolicySchema.default({}),
});

/** A server as the gateway needs it. */
export type ServerDefinition = Readonly<z.infer<typeof serverDefinitionSchema>>;

export const projectDefinitionSchema = z.object({
  id: z.string(),
  name: z.string(),
  servers: z.array(z.string()),
  prompts: z.array(promptDefinitionSchema).default([]),
});

/** A project as the gateway needs it: the handles of its servers in the order in which they are listed. */
export type ProjectDefinition = Readonly<z.infer<typeof projectDefinitionSchema>>;

/** How a gateway reaches the components of a node. */
export const nodeAccessSchema = z.object({
  name: z.string(),
  /** Where its agent listens, HOST:PORT. */
  address: z.string(),
  /** PEM of the certificate to trust; null: those that the system trusts. */
  certificate: z.string().nullable(),
  /** What its agent asks for, of gateways alone. */
  key: z.string(),
});

export type NodeAccess = Readonly<z.infer<typeof nodeAccessSchema>>;

export const snapshotSchema = z.object({
  /** The feed's revision that the rest was read at, or an earlier one. */
  revision: z.number().int().default(0),
  projects: z.array(projectDefinitionSchema),
  servers: z.array(serverDefinitionSchema),
  /** Those that enabled servers are on. */
  nodes: z.array(nodeAccessSchema).optional(),
  /** Values of the secrets that servers name, by name. */
  secrets: z.record(z.string(), z.string()).default({}),
});

/** All that a gateway serves, at one moment. */
export type Snapshot = Readonly<z.infer<typeof snapshotSchema>>;
