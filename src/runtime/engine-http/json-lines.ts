import { runtimeFailed } from "../runtime-errors.ts";

/** An event with every label a container can have is far below that. */
const MAX_LINE_BYTES = 1 << 20;

/** One value a line. An empty line is none. Throws where a line is no JSON or too long. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_BYTES) throw runtimeFailed("read a stream", "a line is too long");
    for (const line of lines) if (line.trim() !== "") yield parse(line);
  }
  if (rest.trim() !== "") yield parse(rest);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    throw runtimeFailed("read a stream", `a line is no JSON: ${line.slice(0, 80)}`, thrown);
  }
}
