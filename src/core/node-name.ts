/**
 * What a node may be called, wherever it is named: a service's file, the configurations of the command line and of the agent,
 * mcpd. A name that one of them refused could never meet itself in another.
 */
export const NODE_NAME = /^[a-z][a-z0-9-]{1,62}$/;

/** The same for people, to stand behind "is", "write" or "must be". */
export const NODE_NAME_RULE = "2-63 of a-z, 0-9 and '-', starting with a letter";
