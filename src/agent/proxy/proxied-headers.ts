/** Of the connection and not of the message (RFC 9110, 7.6.1), and those that a message is sent with anew. */
const OF_THE_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "content-length",
  "host",
]);

/** What opens something, or says who calls: it is for the proxy alone, or is nobody's word that a component may take. */
const OF_THE_CALLER = /^(authorization|proxy-.*|cookie|forwarded|x-forwarded-.*|x-real-ip)$/;

export type HeaderValue = string | readonly string[] | undefined;

/** The headers of a request as a component gets them. Its Host is the loopback's: it knows no other name of its own. */
export function requestHeaders(
  headers: Readonly<Record<string, HeaderValue>>,
  port: number,
  bodyBytes: number,
): Record<string, string | string[]> {
  const passed = endToEnd(headers, (name) => OF_THE_CALLER.test(name));
  return { ...passed, host: `localhost:${port}`, ...(bodyBytes > 0 ? { "content-length": String(bodyBytes) } : {}) };
}

/** The headers of an answer as the caller gets them; its length is kept. */
export function answerHeaders(headers: Readonly<Record<string, HeaderValue>>): Record<string, string | string[]> {
  const length = headers["content-length"];
  return { ...endToEnd(headers, () => false), ...(typeof length === "string" ? { "content-length": length } : {}) };
}

function endToEnd(headers: Readonly<Record<string, HeaderValue>>, isLeftOut: (name: string) => boolean): Record<string, string | string[]> {
  const named = new Set(
    String(headers.connection ?? "")
      .toLowerCase()
      .split(/[\s,]+/),
  );
  const passed = Object.entries(headers).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    const isOurs = lower.startsWith(":") || OF_THE_HOP.has(lower) || named.has(lower) || isLeftOut(lower);
    return value === undefined || isOurs ? [] : [[lower, typeof value === "string" ? value : [...value]] as const];
  });
  return Object.fromEntries(passed);
}
