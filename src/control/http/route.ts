import type { AnyEndpoint, BodyOf, ParamsOf, QueryOf, ReplyOf } from "../../api/endpoint.ts";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import type { Actor } from "../access/actor.ts";

/** A request that was admitted and parsed. */
interface ParsedCall<E extends AnyEndpoint> {
  readonly params: ParamsOf<E>;
  readonly query: QueryOf<E>;
  readonly body: BodyOf<E>;
  /** The version that If-Match names; undefined where the request has none. */
  readonly ifMatch: number | undefined;
  readonly traceId: string;
  readonly address: string | undefined;
  readonly request: Request;
}

/** A call of an endpoint that takes a credential. */
export interface Call<E extends AnyEndpoint> extends ParsedCall<E> {
  readonly actor: Actor;
  /** What the credential opens, as it was resolved. */
  readonly grant: Grant;
}

/** A call of an endpoint that anybody may call; its credential, if it has one, was not looked at. */
export interface OpenCall<E extends AnyEndpoint> extends ParsedCall<E> {
  /** The bearer as it was sent. */
  readonly bearer: string | undefined;
}

/** A reply with headers of its own. */
export class ReplyWith<T> {
  readonly body: T;
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: T, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}

type Result<E extends AnyEndpoint> = Promise<ReplyOf<E> | ReplyWith<ReplyOf<E>> | Response>;

/** An endpoint with what carries it out. */
export type Route =
  | { readonly open: false; readonly endpoint: AnyEndpoint; readonly handle: (call: Call<AnyEndpoint>) => Promise<unknown> }
  | { readonly open: true; readonly endpoint: AnyEndpoint; readonly handle: (call: OpenCall<AnyEndpoint>) => Promise<unknown> };

export function route<E extends AnyEndpoint>(endpoint: E, handle: (call: Call<E>) => Result<E>): Route {
  if (endpoint.credential === "none") throw new AppError("internal", "ROUTE_NEEDS_CREDENTIAL", `${endpoint.name} takes no credential`);
  return { open: false, endpoint, handle: handle as (call: Call<AnyEndpoint>) => Promise<unknown> };
}

export function openRoute<E extends AnyEndpoint>(endpoint: E, handle: (call: OpenCall<E>) => Result<E>): Route {
  return { open: true, endpoint, handle: handle as (call: OpenCall<AnyEndpoint>) => Promise<unknown> };
}
