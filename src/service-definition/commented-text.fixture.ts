import fc from "fast-check";
import { formatServiceDefinition } from "./format-service-definition.ts";
import type { ServiceDefinition } from "./service-definition.ts";

/** Texts of a definition as people leave them: with comments, blank lines, indents and either end of line. */
export function commentedText(definition: ServiceDefinition): fc.Arbitrary<string> {
  const lines = formatServiceDefinition(definition).trimEnd().split("\n");
  const decoration = fc.record({
    above: fc.constantFrom("", "", "\n", "# above = 1\n", "\n  # [no.header] ü\n"),
    indent: fc.constantFrom("", "", "  ", "\t"),
    behind: fc.constantFrom("", "", " # behind", "#'\"", "   "),
  });
  return fc
    .record({
      decorations: fc.array(decoration, { minLength: lines.length, maxLength: lines.length }),
      end: fc.constantFrom("", "\n", "\n\n# end"),
    })
    .map(({ decorations, end }) => {
      const decorated = lines.map((line, index) => {
        const { above, indent, behind } = decorations[index] ?? { above: "", indent: "", behind: "" };
        return line === "" ? line : `${above}${indent}${line}${behind}`;
      });
      return decorated.join("\n") + end;
    })
    .chain((text) => fc.constantFrom(text, text.replaceAll("\n", "\r\n")));
}
