import { memberText, withMembers } from "../../../src/mcp/json-members.ts";
import { createLocator, entriesOf, splice } from "../../../src/mcp/json-span.ts";

/** What each request says of its client, in a spelling that a hop which writes it anew would not keep. */
const CLAIMS: Readonly<Record<string, string>> = {
  "io.modelcontextprotocol/protocolVersion": '"2026-07-28"',
  "io.modelcontextprotocol/clientCapabilities":
    '{ "elicitation" : {"form":{}}, "sampling":{}, "roots":{}, "experimental":{"x":{"y":[1.0]}} }',
  "io.modelcontextprotocol/clientInfo": String.raw`{"name":"mcpctl-differential é \u0041","version":"1","x-client": 1e2}`,
};

const locateMeta = createLocator(["_meta"]);

/** The params with what a request of 2026-07-28 says of its client; what a call says of it itself stays. */
export function modernParams(paramsText: string): string {
  const [span] = locateMeta(paramsText).spans;
  const meta = span === undefined ? "{}" : paramsText.slice(span.start, span.end);
  const said = new Set(entriesOf(meta, 0).map(({ key }) => key));
  const claims = Object.entries(CLAIMS).flatMap(([key, value]) => (said.has(key) ? [] : [memberText(key, value)]));
  const whole = withMembers(meta, claims);
  return span === undefined ? withMembers(paramsText, [memberText("_meta", whole)]) : splice(paramsText, span, whole);
}
