import { defineCheck } from "../check.ts";
import { STATELESS } from "../stateless-spec.ts";
import type { Violation } from "../violation.ts";

const REQUIREMENTS = ["512M of memory and 1.0 CPU at most, enforced by the engine"];

export const memoryLimited = defineCheck({
  id: "memory-limit",
  scenario: "Resource constraints",
  title: "memory is limited to 512M",
  needs: [],
  find: ({ container: { info, kernel } }): readonly Violation[] => {
    const limits = [info.spec.memoryBytes, kernel === undefined ? undefined : (kernel.memoryLimitBytes ?? info.spec.memoryBytes)];
    const held = limits.filter((limit) => limit !== undefined);
    if (held.length > 0 && held.every((limit) => limit <= STATELESS.memoryBytes)) return [];
    return [
      {
        title: "Container runs without the memory limit",
        expected: `Memory=${STATELESS.memoryBytes} or less (512M)`,
        actual: `Memory=${info.spec.memoryBytes ?? 0}${kernel?.memoryLimitBytes === undefined ? "" : `, the kernel holds ${kernel.memoryLimitBytes}`}`,
        requirements: REQUIREMENTS,
        remedy: { fix: "add --memory=512m to the run command" },
      },
    ];
  },
});

export const cpuLimited = defineCheck({
  id: "cpu-limit",
  scenario: "Resource constraints",
  title: "CPU time is limited to 1.0 CPU",
  needs: [],
  find: ({ container: { info, kernel } }): readonly Violation[] => {
    const asked = info.spec.cpuMillis;
    const held = kernel?.cpuMillis ?? asked;
    if (asked !== undefined && held !== undefined && Math.max(asked, held) <= STATELESS.cpuMillis) return [];
    return [
      {
        title: "Container runs without the CPU limit",
        expected: "NanoCpus=1000000000 or less (1.0 CPU)",
        actual: `NanoCpus=${(asked ?? 0) * 1e6}`,
        requirements: REQUIREMENTS,
        remedy: { fix: "add --cpus=1.0 to the run command" },
      },
    ];
  },
});

export const survivesStrain = defineCheck({
  id: "survives-strain",
  scenario: "Resource constraints",
  title: "too large and too many requests are answered, and the server goes on within its limits",
  needs: ["strain"],
  find: ({ strain }): readonly Violation[] => {
    const facts = [
      ...(strain.died === undefined ? [] : [`the container ended: ${strain.died}`]),
      ...(strain.oomKilled ? ["it was killed for its memory (OOM)"] : []),
      ...(strain.answered < strain.requests ? [`${strain.requests - strain.answered} of ${strain.requests} requests had no answer`] : []),
      ...(strain.after === undefined ? [] : [`an ordinary request after it failed: ${strain.after}`]),
    ];
    if (facts.length === 0) return [];
    return [
      {
        title: "Server does not survive resource exhaustion",
        expected: "every request is answered, if with an error, and the same process serves the next one",
        actual: facts[0] ?? "",
        found: facts.slice(1),
        requirements: REQUIREMENTS,
        remedy: {
          recommendations: [
            "bound the size of request bodies and the number of requests in work",
            "answer 413, 429 or 503 in place of taking more memory",
            "look at the memory limit of the language runtime, which must stay below 512M",
          ],
        },
      },
    ];
  },
});
