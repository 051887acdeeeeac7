import type { Link } from "./audit-chain.ts";

/** What goes to the thread that keeps the chain of requests. One answer comes for each `append`, in order. */
export type ToChainThread =
  | { readonly kind: "append"; readonly after: Link; readonly texts: readonly string[]; readonly dropped: number }
  | { readonly kind: "close" };

/** What comes from it. */
export type FromChainThread =
  | { readonly kind: "appended"; readonly tail: Link }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "closed" };
