import type { ApiClient } from "../../api/api-client.ts";
import type { AnyEndpoint } from "../../api/endpoint.ts";
import { LIST_LIMIT } from "../../api/fields.ts";
import { AppError } from "../../core/app-error.ts";
import type { Kind, Resource, SpecFields } from "./kind.ts";
import type { ResourceRef } from "./resource-ref.ts";

/** The same five calls, whatever the kind. Failures are what mcpd said. */

interface LooseOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: SpecFields;
  readonly ifMatch?: number;
}

/** An endpoint's own types are lost where the kind is known at run time alone; the client checks the reply by its schema. */
type LooseCall = (endpoint: AnyEndpoint, options: LooseOptions) => Promise<unknown>;

export interface ListRequest {
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly limit: number;
}

export interface Listed {
  readonly items: readonly Resource[];
  /** There are more than were asked for. */
  readonly more: boolean;
}

/** The first `limit` of a list, page after page. */
export async function listResources(api: ApiClient, kind: Kind, { query, limit }: ListRequest): Promise<Listed> {
  const items: Resource[] = [];
  let cursor: string | undefined;
  do {
    const page = { ...query, cursor, limit: Math.min(LIST_LIMIT.max, limit - items.length) };
    const reply = (await loose(api)(kind.endpoints.list, { query: page })) as { items: Resource[]; nextCursor: string | null };
    items.push(...reply.items);
    cursor = reply.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < limit);
  return { items: items.slice(0, limit), more: cursor !== undefined || items.length > limit };
}

export async function getResource(api: ApiClient, kind: Kind, ref: ResourceRef): Promise<Resource> {
  return (await loose(api)(kind.endpoints.get, addressOf(kind, ref))) as Resource;
}

/** Undefined where there is none. */
export async function findResource(api: ApiClient, kind: Kind, ref: ResourceRef): Promise<Resource | undefined> {
  try {
    return await getResource(api, kind, ref);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === "not_found") return undefined;
    throw thrown;
  }
}

export async function createResource(api: ApiClient, kind: Kind, body: SpecFields): Promise<Resource> {
  return (await loose(api)(required(kind, "create"), { body })) as Resource;
}

/** Changes the one of `version`, and no later one. */
export async function updateResource(
  api: ApiClient,
  kind: Kind,
  ref: ResourceRef,
  patch: SpecFields,
  version: number | undefined,
): Promise<Resource> {
  const options = { ...addressOf(kind, ref), body: patch, ...(version === undefined ? {} : { ifMatch: version }) };
  return (await loose(api)(required(kind, "update"), options)) as Resource;
}

export async function deleteResource(api: ApiClient, kind: Kind, ref: ResourceRef): Promise<void> {
  await loose(api)(required(kind, "delete"), addressOf(kind, ref));
}

function addressOf(kind: Kind, { name, project }: ResourceRef): LooseOptions {
  // A project's own paths call it `:project`.
  return { params: { id: name, project: name }, ...(kind.inProject && project !== undefined ? { query: { project } } : {}) };
}

function required(kind: Kind, verb: "create" | "update" | "delete"): AnyEndpoint {
  const endpoint = kind.endpoints[verb];
  if (endpoint !== undefined) return endpoint;
  throw new AppError("invalid", "VERB_UNSUPPORTED", `A ${kind.singular} cannot be ${verb}d`);
}

function loose(api: ApiClient): LooseCall {
  return (endpoint, options) => (api.call as unknown as LooseCall).call(api, endpoint, options);
}
