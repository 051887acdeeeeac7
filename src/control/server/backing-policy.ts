import { isLoopback } from "../../core/edge-policy.ts";

/** What an installation lets stand behind its servers. */
export interface BackingPolicy {
  /** Servers over stdio may be registered at all: each is a program that runs beside us. */
  readonly stdioEnabled: boolean;
  /** What a stdio server may run: names as PATH finds them, or paths, compared letter by letter. */
  readonly commands: readonly string[];
  /** Built-in servers that there are. */
  readonly builtins: readonly string[];
  /** Administrators may register URLs of this machine. */
  readonly loopbackUrls: boolean;
}

export const DEFAULT_COMMANDS = ["npx", "bunx", "node", "bun", "uvx", "python3"] as const;
export const BUILTINS = ["content"] as const;

/** Where the API listens on loopback alone, what runs on this machine is its user's anyway; elsewhere stdio takes a word of the operator. */
export function backingPolicyFor(
  bindAddress: string,
  given: { readonly stdioEnabled?: boolean | undefined; readonly commands?: readonly string[] | undefined } = {},
): BackingPolicy {
  const local = isLoopback(bindAddress);
  return {
    stdioEnabled: given.stdioEnabled ?? local,
    commands: given.commands ?? DEFAULT_COMMANDS,
    builtins: BUILTINS,
    loopbackUrls: local,
  };
}
