import { request } from "node:http";
import { Readable } from "node:stream";

/**
 * The part of `fetch` that a probe needs, without what the environment adds to `fetch`: HTTP_PROXY holds for that one whatever
 * its options say (Bun 1.3), and a container of this machine is not behind a proxy. Follows no redirect, keeps no connection.
 */
export function directFetch(url: string, init: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { signal } = init;
    if (signal?.aborted) return reject(signal.reason);
    const options = {
      method: init.method ?? "GET",
      headers: Object.fromEntries(new Headers(init.headers)),
      agent: false as const,
      ...(signal == null ? {} : { signal }),
    };
    const sent = request(url, options, (reply) => {
      const headers = new Headers();
      for (const [name, value] of Object.entries(reply.headers)) if (value !== undefined) headers.set(name, String(value));
      const status = reply.statusCode ?? 0;
      const isBare = status === 204 || status === 205 || status === 304;
      if (isBare) reply.resume();
      try {
        resolve(new Response(isBare ? null : (Readable.toWeb(reply) as unknown as ReadableStream<Uint8Array>), { status, headers }));
      } catch (thrown) {
        // A status that no Response can have.
        reply.destroy();
        reject(thrown);
      }
    });
    sent.on("error", reject);
    sent.end(typeof init.body === "string" ? init.body : undefined);
  });
}
