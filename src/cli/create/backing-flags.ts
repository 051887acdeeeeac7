import type { BackingInput } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import { parsePairs } from "../parse-pair.ts";

/** The flags that say what is behind a server, as they were typed. */
export interface BackingFlags {
  readonly url?: string;
  readonly command?: string;
  readonly builtin?: string;
  /** `service/component`. */
  readonly service?: string;
  readonly node?: string;
  readonly port?: string;
  readonly path?: string;
  readonly arg?: readonly string[];
  readonly env?: readonly string[];
  readonly secretEnv?: readonly string[];
  readonly header?: readonly string[];
  readonly secretHeader?: readonly string[];
  readonly allowAddress?: readonly string[];
  readonly sharing?: "shared" | "per_session";
  readonly transport?: "auto" | "streamable-http" | "sse";
}

/** Each way with the flags that go with it. */
const WAYS = {
  url: ["header", "secretHeader", "allowAddress", "transport"],
  command: ["arg", "env", "secretEnv", "sharing"],
  builtin: [],
  service: ["node", "port", "path"],
} as const;
type Way = keyof typeof WAYS;
type Detail = (typeof WAYS)[Way][number];

/** Throws `invalid`: `BACKING_INVALID` unless it is exactly one way with its own flags, `PAIR_INVALID`. */
export function parseBackingFlags(flags: BackingFlags): BackingInput {
  const ways = (Object.keys(WAYS) as Way[]).filter((way) => flags[way] !== undefined);
  const [way] = ways;
  if (way === undefined || ways.length > 1) {
    const found = ways.length === 0 ? "nothing is" : `${ways.map(flagName).join(" and ")} are`;
    throw invalid(`${found} given for what is behind the server`, "give exactly one of --url, --command, --builtin and --service");
  }
  const own: readonly Detail[] = WAYS[way];
  const foreign = Object.values(WAYS)
    .flat()
    .find((detail) => flags[detail] !== undefined && !own.includes(detail));
  if (foreign !== undefined) {
    const wanted = (Object.keys(WAYS) as Way[]).find((other) => (WAYS[other] as readonly Detail[]).includes(foreign));
    throw invalid(`${flagName(foreign)} does not go with ${flagName(way)}`, `it goes with ${flagName(wanted ?? "url")}`);
  }
  return backingOf(way, flags);
}

function backingOf(way: Way, flags: BackingFlags): BackingInput {
  if (way === "service") return componentOf(flags);
  if (way === "builtin") return { kind: "builtin", name: flags.builtin ?? "" };
  if (way === "command") {
    const secretEnv = parsePairs("--secret-env", flags.secretEnv);
    return {
      kind: "stdio",
      command: flags.command ?? "",
      args: [...(flags.arg ?? [])],
      env: parsePairs("--env", flags.env) ?? {},
      ...(secretEnv === undefined ? {} : { secretEnv }),
      ...(flags.sharing === undefined ? {} : { sharing: flags.sharing }),
    };
  }
  const [headers, secretHeaders] = [parsePairs("--header", flags.header), parsePairs("--secret-header", flags.secretHeader)];
  return {
    kind: "url",
    url: flags.url ?? "",
    ...(flags.transport === undefined ? {} : { transport: flags.transport }),
    ...(headers === undefined ? {} : { headers }),
    ...(secretHeaders === undefined ? {} : { secretHeaders }),
    ...(flags.allowAddress === undefined ? {} : { allowAddresses: [...flags.allowAddress] }),
  };
}

function componentOf({ service: given = "", node, port, path }: BackingFlags): BackingInput {
  const [service = "", component = service, ...rest] = given.split("/");
  if (service === "" || component === "" || rest.length > 0) {
    throw invalid(`--service '${given}' is no component`, "write SERVICE/COMPONENT, or SERVICE where both have one name");
  }
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw invalid(`--port ${port === undefined ? "is missing" : `'${port}' is no port`}`, "it is the container's port, 1 to 65535");
  }
  return { kind: "component", node: node ?? "", service, component, port: number, ...(path === undefined ? {} : { path }) };
}

/** Calls a minute. Throws `invalid`/`RATE_LIMIT_INVALID`. */
export function parseRateLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const calls = /^\d{1,7}$/.test(text) ? Number(text) : -1;
  if (calls >= 0 && calls <= 1_000_000) return calls;
  throw new AppError("invalid", "RATE_LIMIT_INVALID", `--rate-limit '${text}' is no number of calls a minute`, {
    hint: "write 1 to 1000000, 0 for no limit, or leave it out for the gateway's own",
  });
}

function flagName(name: Way | Detail): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function invalid(message: string, hint: string): AppError {
  return new AppError("invalid", "BACKING_INVALID", message, { hint });
}
