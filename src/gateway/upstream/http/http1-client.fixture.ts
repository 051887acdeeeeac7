import { guardedAddresses } from "./guarded-addresses.ts";
import { Http1Client, type Http1ClientOptions, type Http1Request, hostnameOf } from "./http1-client.ts";

const MIB = 1024 * 1024;

/** A client with short words for tests, on a clock that stands still until it is moved. */
export function openClient(url: URL, options: Partial<Http1ClientOptions> = {}) {
  const clock = { now: 0 };
  const addresses = guardedAddresses(hostnameOf(url), { allow: [], allowLoopback: true });
  const client = new Http1Client({ url, addresses, connectTimeoutMs: 5000, maxConnections: 8, monotonicNow: () => clock.now, ...options });
  const post = (body: string, more: Partial<Http1Request> = {}) => client.send({ method: "POST", headers: {}, body, ...more });
  return {
    clock,
    client,
    post,
    /** The text of the answer. */
    async ask(body: string, more: Partial<Http1Request> = {}): Promise<string> {
      return (await post(body, more)).body.text(8 * MIB);
    },
    [Symbol.dispose]: () => client.close(),
  };
}
