import { z } from "zod";

/** A line that a server's process has written to its standard error. */
export const serverLogLineSchema = z.object({
  at: z.string(),
  /** Which process of the server it was, counted from 1. */
  life: z.number().int(),
  /** At most 8,192 characters, without secrets. As the process wrote it otherwise: control characters may be in it. */
  text: z.string(),
  /** Lines that a slow reader has missed here; the text is empty then. */
  skipped: z.number().int().optional(),
});

export const serverLogSchema = z.object({
  /** Oldest first. */
  items: z.array(serverLogLineSchema),
  /** Lines before those that are kept. */
  dropped: z.number().int(),
});

export type ServerLogLine = z.infer<typeof serverLogLineSchema>;
export type ServerLogResource = z.infer<typeof serverLogSchema>;

/** As many as are kept. */
export const MAX_TAIL = 1000;
