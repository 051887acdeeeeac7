import type { Link } from "./audit-chain.ts";

/** What goes to the thread that keeps the chain of requests. One answer comes for each `append`, in order. */
export type ToChainThread =
  /** `texts` of a batch, each in a line of its own: one text crosses for 0.7 µs an event, five hundred for 1.7. Undefined: none. */
  | { readonly kind: "append"; readonly after: Link; readonly lines: string | undefined; readonly dropped: number }
  | { readonly kind: "close" };

/** What comes from it. */
export type FromChainThread =
  | { readonly kind: "appended"; readonly tail: Link }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "closed" };
