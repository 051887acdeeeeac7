/** The eras that a server is to be spoken to in: `auto` asks it. */
export type EraPolicy = "auto" | "legacy" | "modern";
