import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderVerifyJson, renderVerifyJunit, renderVerifyMarkdown } from "./render-verify.ts";
import type { VerifyReport } from "./verify-report.ts";

/** The report in its three forms: `NAME.json`, `NAME.xml` (JUnit), `NAME.md`. The folder is made. */
export async function writeResults(report: VerifyReport, folder: string, name = "stateless"): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, `${name}.json`), renderVerifyJson(report)),
    writeFile(join(folder, `${name}.xml`), renderVerifyJunit(report)),
    writeFile(join(folder, `${name}.md`), renderVerifyMarkdown(report)),
  ]);
}
