import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../..");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

const workflow = parse(await Bun.file(join(ROOT, ".github/workflows/stateless.yml")).text()) as Workflow;
const steps = workflow.jobs.stateless?.steps ?? [];

test("the stateless tests run on every push and every pull request, and may only read", () => {
  expect([workflow.name, Object.keys(workflow.on), workflow.permissions]).toEqual([
    "Stateless Deployment Tests",
    ["push", "pull_request"],
    { contents: "read" },
  ]);
});

test("they check out, set up Buildx, install, build the image, prove it, and keep what was found whatever it was", () => {
  const plain = (run = "") => run.replace(/^sudo env "PATH=\$PATH" (REQUIRE_ALL=1 )?/, "");
  expect(steps.map(({ uses, run }) => uses?.replace(/@v\d+$/, "") ?? plain(run))).toEqual([
    "actions/checkout",
    "docker/setup-buildx-action",
    "actions/setup-node",
    "npm ci",
    "npm run docker-build",
    "npm run test:stateless",
    "actions/upload-artifact",
  ]);
  expect(steps.at(-1)).toMatchObject({ if: "always()", with: { path: "build/test-results/" } });
});
