/** Longer ones are no addresses but an attack on whoever keeps them. */
const MAX_LENGTH = 4096;

/**
 * Where messages are posted, as the `endpoint` event of a server of the HTTP+SSE transport says it (2024-11-05,
 * Transports): a URL, most often relative to that of the stream. Undefined for one of another origin, or with a user name:
 * credentials that are bound to the stream's origin would go there.
 */
export function parseSseEndpoint(stream: URL, data: string): URL | undefined {
  const text = data.trim();
  if (text === "" || text.length > MAX_LENGTH || !URL.canParse(text, stream.href)) return undefined;
  const endpoint = new URL(text, stream.href);
  if (endpoint.origin !== stream.origin || endpoint.username !== "" || endpoint.password !== "") return undefined;
  endpoint.hash = "";
  return endpoint;
}
