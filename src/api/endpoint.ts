import type { z } from "zod";
import { AppError } from "../core/app-error.ts";

/** Who may call an endpoint, before rights are asked. */
export type Credential =
  /** Anybody. */
  | "none"
  /** Any valid credential. A token only where the path's `:project` is its own, or with `tokens: "self"`. */
  | "any"
  /** A person's session alone. */
  | "session"
  /** An enrolled gateway alone. */
  | "gateway";

/** The names behind `:` in a path. */
export type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathParams<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/**
 * One endpoint of mcpd, used by both ends: the server's router, the typed client and the OpenAPI document.
 *
 * `query` is parsed from text, so its numbers are coerced. A reply with a numeric `version` gets it as its ETag.
 */
export interface Endpoint<
  Path extends string = string,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  /** `projects.create`: the operation's id. */
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: Path;
  readonly summary: string;
  readonly credential: Credential;
  /** `self`: an McpToken may call it although it is not about its project; the handler narrows it down. */
  readonly tokens?: "self";
  readonly status: 200 | 201 | 204;
  readonly query: Query;
  readonly body: Body;
  readonly reply: Reply;
  /** The reply is a stream of server-sent events, each with this as its data. */
  readonly stream?: true;
}

// biome-ignore lint/suspicious/noExplicitAny: any endpoint, whatever its schemas.
export type AnyEndpoint = Endpoint<string, any, any, any>;

export type ParamsOf<E extends AnyEndpoint> = { readonly [Name in PathParams<E["path"]>]: string };
export type QueryOf<E extends AnyEndpoint> = z.infer<E["query"]>;
export type BodyOf<E extends AnyEndpoint> = z.infer<E["body"]>;
export type ReplyOf<E extends AnyEndpoint> = z.infer<E["reply"]>;

export function defineEndpoint<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
  endpoint: Endpoint<Path, Query, Body, Reply>,
): Endpoint<Path, Query, Body, Reply> {
  return endpoint;
}

/**
 * The path with its params filled in, each encoded. Throws `invalid`/`NAME_INVALID` for what a URL would take for
 * no segment or another one: `/projects/../servers/x` is another endpoint.
 */
export function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:([a-zA-Z]+)/g, (_, name: string) => {
    const value = params[name] ?? "";
    if (value !== "" && value !== "." && value !== "..") return encodeURIComponent(value);
    throw new AppError("invalid", "NAME_INVALID", `'${value}' is neither an id nor a name`);
  });
}
