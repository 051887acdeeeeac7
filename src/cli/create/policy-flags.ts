import type { ServerPolicy } from "../../api/server-policy.ts";
import { AppError } from "../../core/app-error.ts";
import { SCOPES, type Scope } from "../../core/caller.ts";
import { parseDuration } from "../../core/duration.ts";
import { parsePairs } from "../parse-pair.ts";

/** The flags that say how a server may be used, as they were typed. */
export interface PolicyFlags {
  readonly denyTool?: readonly string[];
  readonly scope?: readonly string[];
  readonly toolRename?: readonly string[];
  readonly toolDescription?: readonly string[];
  readonly toolHide?: readonly string[];
  readonly toolDefinition?: readonly string[];
  readonly concurrency?: string;
  readonly methodRateLimit?: readonly string[];
  readonly stream?: "on" | "off";
  readonly idleTimeout?: string;
  readonly totalTimeout?: string;
  readonly maxPayloadKb?: string;
  readonly maxResultBytes?: string;
  readonly maxResultItems?: string;
  readonly era?: "auto" | "legacy" | "modern";
  readonly probe?: string;
}

/** Undefined where no flag says anything. Throws `invalid`/`POLICY_FLAG_INVALID`, `PAIR_INVALID`, `DURATION_INVALID`. */
export function parsePolicyFlags(flags: PolicyFlags): ServerPolicy | undefined {
  const kb = wholeNumber("--max-payload-kb", flags.maxPayloadKb);
  const policy = defined({
    scopes: parseScopes(flags.scope),
    denyTools: flags.denyTool === undefined ? undefined : [...flags.denyTool],
    tools: parseTools(flags),
    concurrency: wholeNumber("--concurrency", flags.concurrency),
    rateLimits: parseRates(flags.methodRateLimit),
    stream: flags.stream === undefined ? undefined : { enabled: flags.stream === "on" },
    timeouts: defined({
      idleSeconds: seconds("--idle-timeout", flags.idleTimeout),
      totalSeconds: seconds("--total-timeout", flags.totalTimeout),
    }),
    maxPayloadBytes: kb === undefined ? undefined : kb * 1024,
    maxResultBytes: wholeNumber("--max-result-bytes", flags.maxResultBytes),
    maxResultItems: wholeNumber("--max-result-items", flags.maxResultItems),
    era: flags.era,
    probe: parseProbe(flags.probe),
  });
  return policy;
}

function parseScopes(texts: readonly string[] | undefined): Record<string, Scope> | undefined {
  const pairs = parsePairs("--scope", texts);
  for (const scope of Object.values(pairs ?? {})) {
    if (!SCOPES.includes(scope as Scope)) throw invalid(`--scope: there is no scope '${scope}'`, `scopes are ${SCOPES.join(", ")}`);
  }
  return pairs as Record<string, Scope> | undefined;
}

function parseTools({ toolRename, toolDescription, toolHide, toolDefinition }: PolicyFlags): ServerPolicy["tools"] {
  if ([toolRename, toolDescription, toolHide, toolDefinition].every((texts) => texts === undefined)) return undefined;
  const renames = Object.entries(parsePairs("--tool-rename", toolRename) ?? {});
  const descriptions = Object.entries(parsePairs("--tool-description", toolDescription) ?? {});
  const definitions = Object.entries(parsePairs("--tool-definition", toolDefinition) ?? {});
  const changes = [
    ...renames.map(([own, rename]) => [own, { rename }] as const),
    ...descriptions.map(([own, description]) => [own, { description }] as const),
    ...(toolHide ?? []).map((own) => [own, { hidden: true }] as const),
    ...definitions.map(([own, definition]) => [own, { definition }] as const),
  ];
  const tools = new Map<string, NonNullable<ServerPolicy["tools"]>[string]>();
  for (const [own, change] of changes) tools.set(own, { ...tools.get(own), ...change });
  return Object.fromEntries(tools);
}

function parseRates(texts: readonly string[] | undefined): Record<string, number> | undefined {
  const pairs = parsePairs("--method-rate-limit", texts);
  if (pairs === undefined) return undefined;
  return Object.fromEntries(Object.entries(pairs).map(([method, text]) => [method, wholeNumber("--method-rate-limit", text) ?? 0]));
}

function parseProbe(text: string | undefined): ServerPolicy["probe"] {
  if (text === undefined || text === "off") return text;
  return { intervalSeconds: seconds("--probe", text) ?? 0 };
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw invalid(`${flag}: '${text}' is no whole number`, `write ${flag} 100, say`);
}

/** mcpd keeps whole seconds. */
function seconds(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms >= 1000 && ms % 1000 === 0) return ms / 1000;
  throw invalid(`${flag}: '${text}' is not in whole seconds`, `write ${flag} 30s or ${flag} 5m`);
}

/** Without what is undefined; undefined where nothing is left. */
function defined<T extends object>(given: T): T | undefined {
  const kept = Object.entries(given).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as T);
}

function invalid(message: string, hint: string): AppError {
  return new AppError("invalid", "POLICY_FLAG_INVALID", message, { hint });
}
