import type { z } from "zod";
import type { AnyEndpoint } from "../../api/endpoint.ts";

/** A resource as the API returned it. */
export type Resource = Readonly<Record<string, unknown>>;

/** What a document of a kind holds beside `kind`. */
export type SpecFields = Readonly<Record<string, unknown>>;

export interface Column<R> {
  readonly header: string;
  /** Only in the wide table. */
  readonly wide?: boolean;
  readonly cell: (resource: R, now: Date) => string;
}

/** The filters of `get`, by the name of their flag. */
export type FilterName =
  | "project"
  | "name"
  | "owner"
  | "server"
  | "member"
  | "subject"
  | "backing"
  | "enabled"
  | "status"
  | "state"
  | "token"
  | "tokenSha"
  | "user"
  | "tool"
  | "kind"
  | "outcome"
  | "trace"
  | "since"
  | "until";

/** How a kind is written down and applied. */
export interface Spec {
  /** Of the fields beside `kind`; refuses unknown ones. */
  readonly schema: z.ZodType<SpecFields>;
  /** Fields of the resource that its document has not, beside those that no document has. */
  readonly derived: readonly string[];
  /** Lists whose order says nothing. */
  readonly unordered?: readonly string[];
  /** Fields that are given and never shown, so that they cannot be compared. */
  readonly writeOnly?: readonly string[];
  /** What is said of one that is there already, where it is then left alone. */
  readonly skipWhere?: (current: Resource) => string | undefined;
  /** What is said of a document that is not to be applied, whatever there is. */
  readonly notOwn?: (name: string) => string | undefined;
  /** The request that creates it; without this the fields that the endpoint takes. */
  readonly create?: (fields: SpecFields, now: Date) => SpecFields;
}

/** A kind of resource as the command line knows it. */
export interface Kind {
  readonly plural: string;
  readonly singular: string;
  readonly aliases: readonly string[];
  readonly endpoints: {
    readonly list: AnyEndpoint;
    readonly get: AnyEndpoint;
    readonly create?: AnyEndpoint;
    readonly update?: AnyEndpoint;
    readonly delete?: AnyEndpoint;
  };
  /** What its ids start with, as `tok_`; what starts so is an id and no name. */
  readonly idPrefix: string;
  /** The field that names it. */
  readonly nameKey: string;
  /** Its names are unique in their project alone. */
  readonly inProject: boolean;
  readonly columns: readonly Column<Resource>[];
  /** Flag → field of the list's query. */
  readonly filters: Readonly<Partial<Record<FilterName, string>>>;
  /** Lines of `describe` after the resource's own fields. */
  readonly describe?: (resource: Resource) => readonly (readonly [string, readonly string[]])[];
  /** Undefined for what cannot be written down, as an audit event. */
  readonly spec?: Spec;
  /** How many a list shows where nothing else is said. */
  readonly listLimit: number;
}

type Given<R> = Omit<Kind, "columns" | "describe" | "inProject" | "listLimit" | "aliases" | "filters" | "nameKey"> & {
  readonly columns: readonly Column<R>[];
  readonly describe?: (resource: R) => readonly (readonly [string, readonly string[]])[];
  readonly inProject?: boolean;
  readonly listLimit?: number;
  readonly aliases?: readonly string[];
  readonly filters?: Kind["filters"];
  readonly nameKey?: string;
};

const LIST_LIMIT = 1000;

/** A kind whose columns know the resource's type; the rest of the command line does not. */
export function defineKind<R extends object>(given: Given<R>): Kind {
  const kind: Omit<Kind, "columns" | "describe"> & Pick<Given<R>, "columns" | "describe"> = {
    inProject: false,
    listLimit: LIST_LIMIT,
    aliases: [],
    filters: {},
    nameKey: "name",
    ...given,
  };
  return kind as unknown as Kind;
}
