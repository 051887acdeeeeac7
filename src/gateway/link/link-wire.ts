import { z } from "zod";
import type { LinkMessage, LinkReply } from "./replica-link.ts";

/** A message longer than this is not passed on, in characters. */
export const MAX_LINK_TEXT = 8 * 1024 * 1024;

const messageSchema = z.strictObject({
  kind: z.enum(["answer", "retry", "cancel", "posted", "ended", "task"]),
  target: z.string().max(256),
  principalId: z.string().max(512),
  message: z.string().max(MAX_LINK_TEXT),
});

const replySchema = z.strictObject({ held: z.boolean(), answer: z.string().optional() });

/** A message of another process; undefined for anything else. */
export function parseLinkMessage(text: string): LinkMessage | undefined {
  return parsed(messageSchema, text);
}

/** The reply of another process; undefined for anything else. */
export function parseLinkReply(text: string): LinkReply | undefined {
  const reply = parsed(replySchema, text);
  if (reply === undefined) return undefined;
  return reply.answer === undefined ? { held: reply.held } : { held: reply.held, answer: reply.answer };
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
