/** A revision whose requirements the suite holds a server or a client to. */
export type Revision = "2025-11-25" | "2026-07-28";
