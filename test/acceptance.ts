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

export const ACCEPTANCE: AcceptanceMap = {
  open: ["S1-004", "S1-013..S1-173", "S2-001..S2-074", "S3-001..S3-071", "S4-001..S4-111", "S4-113..S4-117", "S4-119..S4-122"],

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
