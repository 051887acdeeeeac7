import { z } from "zod";

/** What changes are announced for. */
export const FEED_KINDS = [
  "users",
  "groups",
  "rbac",
  "projects",
  "servers",
  "secrets",
  "prompts",
  "mcptokens",
  "sessions",
  "jwts",
  "gateways",
  "nodes",
  "keys",
  /** An MCP session that was ended before its time; `ref` is `<id hash> <expires at>`. */
  "ended_sessions",
] as const;

export type FeedKind = (typeof FEED_KINDS)[number];

/** One committed change. Revisions are gapless: who sees one missing has missed a change and knows nothing any more. */
export const feedEventSchema = z.object({
  revision: z.number().int(),
  /** `ref` is the id of what changed; of mcptokens the token's SHA-256. */
  touched: z.array(z.object({ kind: z.enum(FEED_KINDS), ref: z.string() })),
});

export type FeedEvent = z.infer<typeof feedEventSchema>;
