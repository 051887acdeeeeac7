/** The part of `fetch` that is used here; tests and callers with their own TLS settings bring another. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;
