import { join } from "node:path";
import { gatewayUrl } from "../../e2e/support/gateway-url.ts";
import { UNLIMITED } from "../../e2e/support/unlimited.ts";
import { UpProcess } from "../../e2e/support/up-process.ts";
import { seedProject } from "../../support/seed-project.ts";
import { type Fixture, type FixtureEra, startFixture } from "../fixture/start-fixture.ts";
import type { Revision } from "../suite/revision.ts";
import { runSuite } from "../suite/run-suite.ts";
import type { Verdicts } from "../suite/verdicts.ts";
import { type HeaderShim, startHeaderShim } from "./start-header-shim.ts";

const ERAS: readonly FixtureEra[] = ["dual", "legacy", "modern"];

/** A scenario that hangs is given up after this; the slowest that ends takes two seconds. */
const SCENARIO_LIMIT_MS = 10_000;
const LIMIT_MS = 100_000;

/** The fixture in its three eras, each reached directly and through one gateway, which the suite finds behind a shim. */
export class ServerRig implements AsyncDisposable {
  readonly #fixtures: Readonly<Record<FixtureEra, Fixture>>;
  readonly #gateway: UpProcess;
  readonly #shim: HeaderShim;
  readonly #direct = new Map<string, Promise<Verdicts>>();

  private constructor(fixtures: Readonly<Record<FixtureEra, Fixture>>, gateway: UpProcess, shim: HeaderShim) {
    this.#fixtures = fixtures;
    this.#gateway = gateway;
    this.#shim = shim;
  }

  /** Starts all of it, with the gateway's data in this folder, which is not there yet. */
  static async start(folder: string): Promise<ServerRig> {
    const fixtures = { dual: startFixture("dual"), legacy: startFixture("legacy"), modern: startFixture("modern") };
    const backings = Object.fromEntries(ERAS.map((era) => [era, { kind: "url" as const, url: fixtures[era].url }]));
    const token = await seedProject(folder, "conformance", backings);
    const gateway = new UpProcess({ dataDir: folder, args: UNLIMITED });
    const shim = await startHeaderShim(await gatewayUrl(join(folder, "instance.json")), { authorization: `Bearer ${token}` });
    return new ServerRig(fixtures, gateway, shim);
  }

  /** The verdicts on the fixture itself; asked again, the same. */
  direct(era: FixtureEra, revision: Revision): Promise<Verdicts> {
    const key = `${era} ${revision}`;
    const known = this.#direct.get(key) ?? judge(this.#fixtures[era].url, revision);
    this.#direct.set(key, known);
    return known;
  }

  /** The verdicts on the fixture as it is seen through the gateway's route for one server. */
  through(era: FixtureEra, revision: Revision): Promise<Verdicts> {
    return judge(`${this.#shim.url}/api/v1/mcp/${era}`, revision);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shim.stop();
    await this.#gateway.discard();
    await Promise.all(Object.values(this.#fixtures).map((fixture) => fixture.stop()));
  }
}

function judge(server: string, revision: Revision): Promise<Verdicts> {
  return runSuite({ judged: { server }, revision, scenarioLimitMs: SCENARIO_LIMIT_MS, limitMs: LIMIT_MS });
}
