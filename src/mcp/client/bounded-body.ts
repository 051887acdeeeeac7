import { McpTransportError } from "./mcp-transport-error.ts";

/** The whole body as text. `onPiece` hears of each piece. Throws McpTransportError `exhausted` past `maxBytes` (after decompression). */
export async function readBoundedText(response: Response, maxBytes: number, onPiece?: () => void): Promise<string> {
  const { text, complete } = await readUpTo(response, maxBytes, onPiece);
  if (!complete) throw new McpTransportError("exhausted", "MCP_BODY_TOO_LARGE", `The answer is larger than ${maxBytes} bytes`);
  return text;
}

/** The first `maxBytes` of the body, for messages; never throws for the body's sake. */
export async function readExcerpt(response: Response, maxBytes: number): Promise<string> {
  try {
    return (await readUpTo(response, maxBytes)).text;
  } catch {
    // The status is what counts; a body that breaks off adds nothing to it.
    return "";
  }
}

async function readUpTo(response: Response, maxBytes: number, onPiece?: () => void): Promise<{ text: string; complete: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    onPiece?.();
    bytes += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (bytes > maxBytes) return { text: text + decoder.decode(chunk.subarray(0, chunk.byteLength - (bytes - maxBytes))), complete: false };
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode(), complete: true };
}
