/**
 * What the client suite starts as the client: it hands the scenario to the process that runs the tests, and ends as that says.
 *
 * So one gateway and one process of clients serve fifty scenarios.
 */
const {
  CONFORMANCE_DRIVER: driver = "",
  MCP_CONFORMANCE_SCENARIO,
  MCP_CONFORMANCE_PROTOCOL_VERSION,
  MCP_CONFORMANCE_CONTEXT,
} = process.env;
const scenario = {
  name: MCP_CONFORMANCE_SCENARIO,
  url: process.argv.at(-1),
  revision: MCP_CONFORMANCE_PROTOCOL_VERSION,
  context: JSON.parse(MCP_CONFORMANCE_CONTEXT ?? "{}"),
};
const response = await fetch(driver, { method: "POST", body: JSON.stringify(scenario) });
process.stdout.write(`${await response.text()}\n`);
process.exitCode = response.ok ? 0 : 1;

export {};
