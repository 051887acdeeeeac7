/** What a column holds: a whole number, a yes/no kept as 0 and 1, or text. */
export type FieldKind = "integer" | "flag" | "text";

export interface FieldSpec {
  readonly kind: FieldKind;
  readonly nullable: boolean;
}

/** The only fields of a table that may leave, be filtered or be sorted by, in the order they leave. */
export type AllowList = Readonly<Record<string, FieldSpec>>;

export const integer = { kind: "integer", nullable: false } as const;
export const flag = { kind: "flag", nullable: false } as const;
export const text = { kind: "text", nullable: false } as const;
export const optionalText = { kind: "text", nullable: true } as const;

type KindOf<Column> = NonNullable<Column> extends string ? "text" : "integer" | "flag";
type SpecOf<Column> = { readonly kind: KindOf<Column>; readonly nullable: null extends Column ? true : false };

/** Columns that hold secrets. The compiler refuses them in an allow-list. */
export type SensitiveField = "password" | "cachepwd" | "verified_key" | "refresh_token" | "access_token" | "sessionid";

/** An allow-list whose names, kinds and nullability agree with the columns of `Row`. */
export type AllowListOf<Row> = {
  readonly [Field in Exclude<keyof Row & string, SensitiveField>]?: SpecOf<Row[Field]>;
};
