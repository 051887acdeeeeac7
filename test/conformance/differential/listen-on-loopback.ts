/**
 * Loaded before a server that would listen on all addresses and on a port it is told: it listens on a free port of
 * loopback, and the port is said on standard error.
 */
import { Server } from "node:http";
import type { AddressInfo } from "node:net";

// biome-ignore lint/suspicious/noExplicitAny: listen has many signatures; all of them become one.
const listen = Server.prototype.listen as any;
Server.prototype.listen = function onLoopback(this: Server, ...args: unknown[]) {
  this.once("listening", () => process.stderr.write(`listening on loopback ${(this.address() as AddressInfo).port}\n`));
  return listen.call(this, 0, "127.0.0.1", args.at(-1));
} as typeof Server.prototype.listen;
