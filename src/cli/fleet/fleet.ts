import type { AgentClient } from "../../api/agent/agent-client.ts";
import { parseFingerprint } from "../../api/agent/fingerprint.ts";
import { parseNodeAddress } from "../../api/agent/node-address.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import type { FleetConfig, NodeEntry } from "../config/fleet-config.ts";
import { readFile } from "../read-text.ts";

/** A node as the control plane has it. */
export interface ControlNode {
  readonly name: string;
  readonly address: string;
  /** In PEM: the agent's own, or that of who has signed it. */
  readonly certificate?: string;
}

/** A node, and who says that it is one. */
export interface FleetNode extends NodeEntry {
  /** As `ControlNode` has it. */
  readonly certificate?: string;
  readonly source: "config" | "control plane";
}

/** What a fleet needs beside its configuration. */
export interface FleetDeps {
  loadToken(path: string): Promise<string>;
  /** Nodes of the control plane; empty where none is configured. */
  controlNodes(): Promise<readonly ControlNode[]>;
  /** How long a connection may take, and a call that says nothing else. */
  readonly timeoutMs: number;
}

const MAX_CA_BYTES = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;

/** The nodes of this person and a connection to each that is asked; `close` ends them. */
export class Fleet {
  readonly config: FleetConfig;
  readonly #deps: FleetDeps;
  readonly #agents = new Map<string, Promise<AgentClient>>();
  #nodes: Promise<readonly FleetNode[]> | undefined;
  #token: Promise<string> | undefined;

  constructor(config: FleetConfig, deps: FleetDeps) {
    this.config = config;
    this.#deps = deps;
  }

  /** Every node; of two by one name the configuration's counts. May be empty. */
  listNodes(): Promise<readonly FleetNode[]> {
    this.#nodes ??= this.#readNodes();
    return this.#nodes;
  }

  /** Every node. Throws `precondition`/`NODES_MISSING` where there is none. */
  async requireNodes(): Promise<readonly FleetNode[]> {
    const nodes = await this.listNodes();
    if (nodes.length > 0) return nodes;
    throw new AppError("precondition", "NODES_MISSING", "No nodes are configured", {
      hint: `'mcpctl node add NAME ADDRESS' writes one to ${this.config.path}`,
    });
  }

  /** The node of a name. Throws `not_found`/`NODE_UNKNOWN` with the nearest, and as `requireNodes`. */
  async node(name: string): Promise<FleetNode> {
    const own = this.config.nodes.find((node) => node.name === name);
    if (own !== undefined) return { ...own, source: "config" };
    const nodes = await this.requireNodes();
    const found = nodes.find((node) => node.name === name);
    if (found !== undefined) return found;
    const names = nodes.map((node) => node.name);
    const [near] = nearest(name, names);
    throw new AppError("not_found", "NODE_UNKNOWN", `There is no node '${name}'`, {
      hint: `${near === undefined ? "" : `did you mean ${near}? `}nodes are ${names.join(", ")}`,
    });
  }

  /** Its agent, which is called with the token for agents. Throws `unauthenticated`/`NOT_LOGGED_IN`. */
  agent(node: FleetNode): Promise<AgentClient> {
    const kept = this.#agents.get(node.name);
    if (kept !== undefined) return kept;
    const made = this.#openAgent(node);
    this.#agents.set(node.name, made);
    return made;
  }

  /** Throws `unauthenticated`/`NOT_LOGGED_IN`. */
  async requireToken(): Promise<string> {
    this.#token ??= this.#deps.loadToken(this.config.auth.tokenPath);
    try {
      return await this.#token;
    } catch (cause) {
      const { code, message, hint } = toAppError(cause);
      if (code !== "not_found" && code !== "invalid") throw cause;
      throw new AppError("unauthenticated", "NOT_LOGGED_IN", `${message}: it is what agents want`, {
        cause,
        hint: code === "not_found" ? "log in: mcpctl login" : (hint ?? "log in again: mcpctl login"),
      });
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.then((opened) => opened.close()).catch(() => undefined);
    this.#agents.clear();
  }

  async #readNodes(): Promise<readonly FleetNode[]> {
    const own = this.config.nodes.map((node): FleetNode => ({ ...node, source: "config" }));
    const others = (await this.#deps.controlNodes()).filter(({ name }) => own.every((node) => node.name !== name));
    return [...own, ...others.map((node): FleetNode => ({ ...node, source: "control plane" }))];
  }

  async #openAgent(node: FleetNode): Promise<AgentClient> {
    const token = await this.requireToken();
    const { AgentClient } = await import("../../api/agent/agent-client.ts");
    const target = {
      node: node.name,
      address: parseNodeAddress(node.address),
      fingerprint: node.fingerprint === undefined ? undefined : parseFingerprint(node.fingerprint),
      certificate: node.certificate,
      ca: node.ca === undefined ? undefined : readFile(node.ca, MAX_CA_BYTES),
    };
    const { timeoutMs } = this.#deps;
    return new AgentClient(target, { token, timeoutMs, connectTimeoutMs: Math.min(timeoutMs, CONNECT_TIMEOUT_MS) });
  }
}

/** The same failure; where the token is not taken, the hint says how to get another. */
export function withLoginHint(thrown: unknown): AppError {
  const error = toAppError(thrown);
  if (error.code !== "unauthenticated" || error.reason === "NOT_LOGGED_IN") return error;
  return new AppError("unauthenticated", error.reason, error.message, {
    cause: thrown,
    hint: "the token for agents may have ended; log in again: mcpctl login",
  });
}
