import { type HeaderReader, type ModernFault, mismatch } from "./check-request.ts";
import { decodeHeaderValue } from "./header-value.ts";
import { argumentText, type ParamHeader } from "./param-headers.ts";

const DECIMAL = /^-?\d+(\.\d+)?$/;

/**
 * Whether the headers of a call say what its arguments say, for those of a tool that travel in headers too (2026-07-28,
 * Streamable HTTP, "Custom headers from tool parameters"). A header for an argument that is absent or null is not looked at.
 */
export function checkParamHeaders(declared: readonly ParamHeader[], args: unknown, headers: HeaderReader): ModernFault | undefined {
  for (const { path, header: name } of declared) {
    const said = argumentText(path, args);
    if (said === undefined) continue;
    const where = path.join(".");
    const header = headers.get(name);
    if (header === null) return mismatch("(missing)", `the body has the argument ${where} and the header ${name} is missing`);
    const decoded = decodeHeaderValue(header);
    if (decoded === undefined) return mismatch(header, `the header ${name} is no valid encoding of a value`);
    if (!isSame(decoded, said)) return mismatch(header, `the header ${name} does not say what the argument ${where} says`);
  }
  return undefined;
}

/** Numbers are compared as such: 42.0 is 42. */
function isSame(header: string, said: string): boolean {
  return header === said || (DECIMAL.test(header) && DECIMAL.test(said) && Number(header) === Number(said));
}
