import { oneLine } from "../../core/one-line.ts";
import { looseningsOf } from "../../service-definition/loosenings.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { paint } from "./paint.ts";

/** By component, a sentence for each way in which it is looser than the default; components that are not are left out. */
export type Loosenings = Readonly<Record<string, readonly string[]>>;

/** Of one component where it is named, else of all. */
export function looseningsOfService({ components }: ServiceDefinition, component?: string): Loosenings {
  const asked = components.filter(({ name }) => component === undefined || name === component);
  return Object.fromEntries(asked.map((each) => [each.name, looseningsOf(each)] as const).filter(([, said]) => said.length > 0));
}

/** The same for people, indented as a plan is; empty where nothing is looser. */
export function looseningsText(loosenings: Loosenings, showsColours: boolean): string {
  return Object.entries(loosenings)
    .map(([component, sentences]) => {
      const lines = sentences.map((sentence) => `    ${oneLine(sentence, 400)}\n`);
      return `${paint(`${component} is looser than the default:`, "yellow", showsColours)}\n${lines.join("")}`;
    })
    .join("");
}
