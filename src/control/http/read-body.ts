import { AppError } from "../../core/app-error.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** For all of it: a client that sends a byte now and then holds a connection no longer than that. */
  readonly timeoutMs: number;
}

/**
 * Reads a body as UTF-8, and of one that is too large or too slow no more than tells that it is: whoever has no credential
 * may send one too. Throws `exhausted`/`BODY_TOO_LARGE`, `deadline`/`BODY_TOO_SLOW`.
 */
export async function readBody(request: Request, { maxBytes, timeoutMs }: BodyLimits): Promise<string> {
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes);
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow(timeoutMs)), timeoutMs);
  try {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (let next = await Promise.race([reader.read(), late]); !next.done; next = await Promise.race([reader.read(), late])) {
      size += next.value.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      parts.push(next.value);
    }
    return new TextDecoder().decode(Buffer.concat(parts));
  } finally {
    clearTimeout(timer);
    // What is still to come is wanted by nobody.
    reader.cancel().catch(() => {});
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("exhausted", "BODY_TOO_LARGE", `The body is over ${maxBytes / 1024} KiB`);
}

function tooSlow(timeoutMs: number): AppError {
  return new AppError("deadline", "BODY_TOO_SLOW", `The body was not there within ${timeoutMs / 1000} s`);
}
