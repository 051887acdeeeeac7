/** Version ff, and ids of zeros alone, are invalid, says the specification. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const OWN = /^[0-9A-Za-z_-]{8,64}$/;

/** The id that a request is known by: from W3C `traceparent`, else from `X-Trace-Id`, else a new one of 32 hex digits.
 * New ones grow with time: an index of random ones doubles what keeping an audit event costs. */
export function traceIdOf(headers: Headers): string {
  const parent = headers.get("traceparent");
  const traced = parent === null ? undefined : TRACEPARENT.exec(parent)?.[1];
  if (traced !== undefined) return traced;
  const given = headers.get("x-trace-id");
  if (given !== null && OWN.test(given)) return given;
  return Bun.randomUUIDv7("hex").replaceAll("-", "");
}
