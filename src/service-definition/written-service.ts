import { z } from "zod";
import { AppError } from "../core/app-error.ts";
import { parseDuration } from "../core/duration.ts";
import { parseByteSize } from "./byte-size.ts";
import { parseCapability, parseDroppedCapability } from "./capability.ts";
import { parseArgument, parseLabelKey, parseSecretPath, parseVariable } from "./env-rules.ts";
import { parseImageReference } from "./image-reference.ts";
import { parseName, parseNetwork, parseNodeName, parseUser } from "./name-rules.ts";
import { parsePortMapping } from "./port-mapping.ts";
import { parseSecurityOption, parseUserns } from "./security-option.ts";
import { parseTmpfsMount } from "./tmpfs-mount.ts";
import { parseVolumeMount } from "./volume-mount.ts";

/** What stands for what is not written. Milliseconds. */
export const DEFAULT_STOP_TIMEOUT_MS = 10_000;
export const DEFAULT_HEALTHCHECK = { intervalMs: 10_000, timeoutMs: 5_000, retries: 3, deadlineMs: 60_000 };

const MAX_ITEMS = 200;
const MAX_TEXT = 32 * 1024;
const HOUR_MS = 3_600_000;
const MIN_MEMORY_BYTES = 6 * 2 ** 20;

/** A text that one of our parsers makes something of; what it throws becomes the finding, with its hint. */
function parsed<T>(parse: (text: string) => T) {
  return z
    .string()
    .max(MAX_TEXT)
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        context.issues.push({ code: "custom", message: thrown.message, params: { hint: thrown.hint }, input: text });
        return z.NEVER;
      }
    });
}

function listOf<T>(parse: (text: string) => T) {
  return z.array(parsed(parse)).max(MAX_ITEMS).default([]);
}

/** A table of texts; both parsers give the text itself or throw. */
function tableOf(parseKey: (text: string) => string, parseValue: (text: string) => string) {
  const key = parsed(parseKey);
  return z
    .record(z.string(), parsed(parseValue))
    .default({})
    .superRefine((table, context) => {
      const keys = Object.keys(table);
      if (keys.length > MAX_ITEMS) context.addIssue({ code: "custom", message: `has over ${MAX_ITEMS} keys` });
      for (const issue of keys.flatMap((each) => key.safeParse(each).error?.issues ?? [])) {
        context.addIssue({ code: "custom", message: issue.message, params: issue.code === "custom" ? issue.params : undefined });
      }
    });
}

function durationWithin(minMs: number, maxMs: number) {
  return parsed(parseDuration).refine((ms) => ms >= minMs && ms <= maxMs, `must be ${minMs} ms to ${maxMs / 1000} s`);
}

const pathOfProbe = z
  .string()
  .max(1024)
  .regex(/^\/[^\s\p{Cc}]*$/u, "must be a path that begins with /");

const healthcheckSchema = z.strictObject({
  mcp: pathOfProbe.optional(),
  http: pathOfProbe.optional(),
  tcp: z.literal(true).optional(),
  exec: z.array(parsed(parseArgument)).min(1).max(MAX_ITEMS).optional(),
  port: z.int().min(1).max(65_535).optional(),
  interval: durationWithin(500, HOUR_MS).optional(),
  timeout: durationWithin(100, 300_000).optional(),
  retries: z.int().min(1).max(100).optional(),
  deadline: durationWithin(1_000, HOUR_MS).optional(),
});

const resourcesSchema = z.strictObject({
  memory: parsed(parseByteSize)
    .refine((bytes) => bytes >= MIN_MEMORY_BYTES, "must be 6MiB at least")
    .optional(),
  cpus: z
    .number()
    .min(0.001)
    .max(4096)
    .refine((cores) => Math.abs(cores * 1000 - Math.round(cores * 1000)) < 1e-6, "must be whole thousandths of a core")
    .optional(),
  pids: z.int().min(1).max(4_194_304).optional(),
});

export const HARDENING_PROFILES = ["default", "strict", "stateless", "trusted"] as const;

const hardeningSchema = z.strictObject({
  profile: z.enum(HARDENING_PROFILES).default("default"),
  read_only: z.boolean().optional(),
  // Kept as it is written; `hardeningOf` reads it again.
  tmpfs: listOf((text) => parseTmpfsMount(text) && text),
  cap_drop: listOf(parseDroppedCapability),
  cap_add: listOf(parseCapability),
  security_opt: listOf(parseSecurityOption),
  userns: parsed(parseUserns).optional(),
});

const componentSchema = z.strictObject({
  name: parsed(parseName),
  image: parsed(parseImageReference),
  network: parsed(parseNetwork).optional(),
  user: parsed(parseUser).optional(),
  ports: listOf(parsePortMapping),
  volumes: listOf(parseVolumeMount),
  cmd: listOf(parseArgument),
  entrypoint: listOf(parseArgument),
  env: tableOf(parseVariable, parseArgument),
  secrets: tableOf(parseVariable, parseSecretPath),
  labels: tableOf(parseLabelKey, parseArgument),
  depends_on: listOf(parseName),
  replicas: z.literal(1, { error: "is 1, or not there: a service runs on one node, each component once" }).optional(),
  healthcheck: healthcheckSchema.optional(),
  resources: resourcesSchema.default({}),
  stop_timeout: durationWithin(0, HOUR_MS).optional(),
  hardening: hardeningSchema.prefault({}),
  update_order: z.enum(["start-first", "stop-first"]).optional(),
});

/** A service as it is written in its file: every table and key, and nothing else. */
export const writtenServiceSchema = z.strictObject({
  name: parsed(parseName),
  node: parsed(parseNodeName),
  active: z.boolean().default(true),
  self_heal: z.enum(["heal", "alert"]).default("heal"),
  comment: z.string().max(1000).default(""),
  components: z.array(componentSchema).min(1, "a service has at least one component").max(50),
});

/** What the schema makes of it. */
export type ReadService = z.output<typeof writtenServiceSchema>;
export type ReadComponent = ReadService["components"][number];
export type ReadHealthcheck = NonNullable<ReadComponent["healthcheck"]>;

/** What may stand in the file. */
export type WrittenService = z.input<typeof writtenServiceSchema>;
export type WrittenComponent = WrittenService["components"][number];
