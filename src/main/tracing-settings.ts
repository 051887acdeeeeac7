import { AppError } from "../core/app-error.ts";

export interface TracingSettings {
  /** Where spans are posted to, path included. */
  readonly url: string;
  readonly serviceName: string;
  /** How many of the traces that begin here are recorded, 0 to 1. */
  readonly ratio: number;
  /** Said of every span besides. */
  readonly resource: Readonly<Record<string, string>>;
}

/** What stands in the configuration file. */
export interface ConfiguredTracing {
  readonly endpoint?: string | undefined;
  readonly service_name?: string | undefined;
  readonly sample_ratio?: number | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

const TRACES_PATH = "/v1/traces";

/**
 * How requests are traced: OpenTelemetry's own variables, else the configuration; undefined where neither names a collector.
 * Throws `invalid`: `TRACING_ENDPOINT_INVALID`, `TRACING_RATIO_INVALID`.
 */
export function tracingSettings(env: Env, configured: ConfiguredTracing, serviceName: string): TracingSettings | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return undefined;
  const url = tracesUrl(env, configured.endpoint);
  if (url === undefined) return undefined;
  return {
    url,
    serviceName: named(env.OTEL_SERVICE_NAME) ?? configured.service_name ?? serviceName,
    ratio: ratioOf(named(env.OTEL_TRACES_SAMPLER_ARG)) ?? configured.sample_ratio ?? 1,
    resource: resourceOf(env.OTEL_RESOURCE_ATTRIBUTES ?? ""),
  };
}

function tracesUrl(env: Env, configured: string | undefined): string | undefined {
  const whole = named(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  if (whole !== undefined) return checked("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", whole).href;
  const base = named(env.OTEL_EXPORTER_OTLP_ENDPOINT);
  const [from, text] = base === undefined ? ["tracing.endpoint", configured] : ["OTEL_EXPORTER_OTLP_ENDPOINT", base];
  return text === undefined ? undefined : checked(from, text).href.replace(/\/+$/, "") + TRACES_PATH;
}

function checked(from: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "") return url;
  // What holds an @ may hold a password.
  const shown = text.includes("@") ? from : `${from} '${text}'`;
  throw new AppError("invalid", "TRACING_ENDPOINT_INVALID", `${shown} is no URL of a collector`, {
    hint: "write http://HOST:4318 or https://HOST, where OTLP is taken over HTTP",
  });
}

function ratioOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ratio = /^(0|1|0?\.\d{1,9}|1\.0{1,9})$/.test(text) ? Number(text) : Number.NaN;
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new AppError("invalid", "TRACING_RATIO_INVALID", `OTEL_TRACES_SAMPLER_ARG '${text}' is no part of all traces`, {
    hint: "write a number from 0 to 1",
  });
}

/** `key=value,key=value`, each percent-encoded, as OpenTelemetry has it; what is malformed is left out. */
function resourceOf(text: string): Record<string, string> {
  const pairs = text.split(",").flatMap((pair) => {
    const [key = "", value] = pair.trim().split("=", 2);
    const decoded = value === undefined ? undefined : decodedText(value.trim());
    return key.trim() === "" || decoded === undefined ? [] : [[key.trim(), decoded] as const];
  });
  return Object.fromEntries(pairs);
}

function decodedText(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function named(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
