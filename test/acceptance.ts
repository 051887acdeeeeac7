import type { AcceptanceMap } from "./acceptance/acceptance-map.ts";

/**
 * Where each of the 441 acceptance lines stands: S1 fleet, S2 gateway operations, S3
 * stateless deployment, S4 tokens and the HTTP gateway.
 *
 * To claim a line, take its number out of `open` and give it to `done` with the tests that
 * prove it, as "path/to/file.test.ts > title". `acceptance/coverage.test.ts` holds the map to it.
 */

const REPOSITORY = "test/architecture/repository.test.ts";
const BIN = "test/e2e/bin.test.ts";
const SERVERS = "test/e2e/servers.test.ts";
const API_ROUTE = "test/e2e/api-route.test.ts";
const TEST_MCP_E2E = "test/e2e/test-mcp.test.ts";
const TOKEN = "src/core/mcp-token.test.ts";
const CLIENT = "src/mcp/client/mcp-http-session.test.ts";
const TEST_MCP = "src/cli/test-mcp-command.test.ts";
const TEST_MCP_FLAGS = "src/cli/test-mcp-flags.test.ts";

export const ACCEPTANCE: AcceptanceMap = {
  open: [
    "S1-004",
    "S1-013..S1-173",
    "S2-001..S2-008",
    "S2-012..S2-055",
    "S2-057",
    "S2-059..S2-074",
    "S3-001..S3-071",
    "S4-001..S4-007",
    "S4-009..S4-012",
    "S4-018..S4-064",
    "S4-078..S4-111",
    "S4-113..S4-117",
    // S4-119 has two halves: the help of `test mcp` is proven in src/cli/program.test.ts, `create mcptoken` is not there yet.
    "S4-119..S4-122",
  ],

  done: {
    // The repository.
    "S1-005": [`${REPOSITORY} > the package is called mcpctl and is never published by accident`],
    "S1-006": [
      `${REPOSITORY} > build, test, vet, lint, proto, proto-lint, clean and all are npm scripts`,
      `${REPOSITORY} > all runs every check and the build, and stops at the first failure`,
      `${REPOSITORY} > clean removes the folder that build writes and nothing else`,
      `${REPOSITORY} > every script that an npm script starts exists`,
    ],
    "S1-007": [`${REPOSITORY} > the linter is Biome, and its configuration holds its recommended rules`],
    "S1-008": [`${REPOSITORY} > git ignores what is installed, built or written while running`],
    "S1-009": [`${REPOSITORY} > CONTRIBUTING.md names every npm script that a contributor runs`],
    "S1-010": [
      `${REPOSITORY} > mcp and mcp-agent are entry points with a file to run and a composition root each`,
      `${BIN} > bin/%s answers from any folder`,
    ],
    "S1-011": [`${BIN} > npm run build makes one executable that answers to all five names`],
    "S1-012": [
      "test/e2e/npm-scripts.test.ts > vet and lint pass",
      "test/e2e/npm-scripts.test.ts > vet and lint fail where a rule is broken",
    ],

    // Servers, as an operator sees them.
    "S2-009": [
      `${SERVERS} > emcp:list-servers lists the demo's two servers as enabled and says that mcpctl is not running`,
      `${SERVERS} > emcp:list-servers lists the servers with their state and tools, as a table and as JSON`,
    ],
    "S2-010": [
      `${SERVERS} > emcp:test passes initialize and tools/list of every server, and leaves no child`,
      `${SERVERS} > emcp:test passes initialize and tools/list of every server`,
    ],
    "S2-011": [`${API_ROUTE} > POST /api/v1/mcp/content answers initialize as the content server, with its platform and toolset version`],
    "S2-056": [
      `${API_ROUTE} > POST /api/v1/mcp/content lists the nine canonical tools under their own names`,
      "src/gateway/builtin/content/content-server.test.ts > tools/list shows the nine canonical tools",
    ],
    "S2-058": [
      `${API_ROUTE} > a read tool called through POST /api/v1/mcp/content answers with meta.toolsetVersion`,
      `${API_ROUTE} > a caller's trace id comes back on its answer, and one that sends none gets one`,
      "src/gateway/builtin/content/content-server.test.ts > every result carries meta.toolsetVersion",
    ],

    // Tokens.
    "S4-013": [`${TOKEN} > generateToken gives the prefix and 43 base62 characters, never the same twice`],
    "S4-014": [`${TOKEN} > hashToken is the SHA-256 of the raw token in hex`],
    "S4-015": [`${TOKEN} > isMcpToken knows a token by its shape alone`],
    "S4-016": [`${TOKEN} > timingSafeEqualHex is true for equal hex and false for all else`],
    "S4-017": [`${TOKEN} > TOKEN_PREFIX starts what a list may show, and no more than four characters follow it`],

    // mcpctl test mcp, and the client under it.
    "S4-008": [
      "src/mcp/client/mcp-http-session.sdk.test.ts > a whole session: initialize, list, call, close",
      `${TEST_MCP_E2E} > on the project's route, on the token's own route and on the route of one server`,
    ],
    "S4-065": [
      `${CLIENT} > a session says who it is, then sends its id and the negotiated version with every request`,
      `${CLIENT} > all pages of tools are read, and pages that go in a circle are a fault`,
      `${CLIENT} > close ends the session once, survives a server that will not, and stops what is under way`,
    ],
    "S4-066": [
      "src/mcp/client/mcp-http-session.tls.test.ts > a session runs over https with a certificate that is trusted",
      `${CLIENT} > a stream may bring progress, other replies and the server's own requests before the reply`,
      `${CLIENT} > replies that share one body each reach the request that asked, the body's own one %s`,
      "src/mcp/sse.test.ts > any cutting of a stream, even inside a character, gives the same events",
    ],
    "S4-067": [
      `${CLIENT} > %s breaks the protocol`,
      `${CLIENT} > HTTP %d is transport and says what the server said`,
      `${CLIENT} > a JSON-RPC error is thrown with its own code and data`,
    ],
    "S4-068": [
      "src/mcp/client/endpoint-url.test.ts > the base of %s is %s",
      "src/mcp/client/mcp-health-check.test.ts > 2xx at /healthz is healthy, with or without a slash at the end of the base",
    ],
    "S4-069": [
      `${TEST_MCP} > env token fallback: $MCPCTL_TOKEN is used where --token is not given`,
      `${TEST_MCP_E2E} > with the token from --token, or from MCPCTL_TOKEN`,
    ],
    "S4-070": [
      `${TEST_MCP} > happy: a good endpoint passes with exit code 0 and a line for each step`,
      `${TEST_MCP_E2E} > with a tool that is called with --args, tools that are expected, and a report in JSON`,
    ],
    "S4-071": [
      `${TEST_MCP} > invalid --args: exit code 2 and nothing is sent`,
      `${TEST_MCP_E2E} > with a tool that is called with --args, tools that are expected, and a report in JSON`,
    ],
    "S4-072": [
      `${TEST_MCP} > expect-tools miss: exit code 2, the missing named, the nearest as a hint`,
      `${TEST_MCP} > expect-tools hit: exit code 0 when all are listed`,
      `${TEST_MCP_E2E} > for an expected tool that is not there, which it names`,
    ],
    "S4-073": [`${TEST_MCP_FLAGS} > --timeout %s is %d ms`, `${TEST_MCP_E2E} > for a call that takes longer than --timeout`],
    "S4-074": [
      `${TEST_MCP} > json report: one JSON document on standard output and nothing else anywhere`,
      `${TEST_MCP_E2E} > with a tool that is called with --args, tools that are expected, and a report in JSON`,
    ],
    "S4-075": [
      `${TEST_MCP} > health preflight failure: exit code 1 before any MCP, and --no-health goes on without it`,
      `${TEST_MCP_E2E} > with --no-health no health check is made`,
    ],
    "S4-076": [
      `${TEST_MCP} > transport throw: a fetch that throws is exit code 1 with its reason`,
      `${TEST_MCP} > tool isError: exit code 2 with the tool's own text`,
      `${TEST_MCP_E2E} > for a token that opens nothing: the message has 401`,
      `${TEST_MCP_E2E} > for another project's token: the message has 403`,
      `${TEST_MCP_E2E} > for a tool that answers with isError`,
    ],
    "S4-077": [
      `${TEST_MCP} > happy: a good endpoint passes with exit code 0 and a line for each step`,
      `${TEST_MCP} > health preflight failure: exit code 1 before any MCP, and --no-health goes on without it`,
      `${TEST_MCP} > expect-tools miss: exit code 2, the missing named, the nearest as a hint`,
      `${TEST_MCP} > expect-tools hit: exit code 0 when all are listed`,
      `${TEST_MCP} > transport throw: a fetch that throws is exit code 1 with its reason`,
      `${TEST_MCP} > tool isError: exit code 2 with the tool's own text`,
      `${TEST_MCP} > json report: one JSON document on standard output and nothing else anywhere`,
      `${TEST_MCP} > env token fallback: $MCPCTL_TOKEN is used where --token is not given`,
      `${TEST_MCP} > invalid --args: exit code 2 and nothing is sent`,
    ],
  },

  superseded: {
    "S1-001": "docs/adr/0005-plan-prose-and-counts.md",
    "S1-002": "docs/adr/0005-plan-prose-and-counts.md",
    "S1-003": "docs/adr/0005-plan-prose-and-counts.md",
    "S4-112": "docs/adr/0001-bun-runs-it-npm-installs-it.md",
    "S4-118": "docs/adr/0005-plan-prose-and-counts.md",
    "S4-123": "docs/adr/0005-plan-prose-and-counts.md",
  },
};
