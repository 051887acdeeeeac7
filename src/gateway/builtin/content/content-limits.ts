/** The version of the tool contract; clients read it in `initialize` and in every result. */
export const TOOLSET_VERSION = "1.0";

export const MAX_LIMIT = 100;
export const MAX_OFFSET = 5000;
export const MAX_DEPTH = 6;

/** Values in one `in` or `not_in`. */
export const MAX_LIST = 100;
export const MAX_CONDITIONS = 20;
export const MAX_TVS = 20;
export const MAX_TV_ORDERS = 5;
export const MAX_TAGS = 20;
/** Characters of a text to compare with. SQLite refuses a LIKE pattern beyond 50,000 bytes. */
export const MAX_TEXT = 1000;

/** What an `integer` column holds on every engine; Postgres refuses to compare one with more. */
export const MAX_INTEGER = 2_147_483_647;
