import { AREAS, edgesOf, layerOf } from "../layers.ts";
import type { Rule } from "../source-file.ts";

/** An area never imports another area, in its tests either: what crosses areas is tested under test/. */
export const areasApart: Rule = (files) =>
  files.flatMap(edgesOf).flatMap(({ from, to, line }) => {
    const [area, other] = [layerOf(from), layerOf(to)];
    if (area === undefined || other === undefined || area === other) return [];
    if (!AREAS.includes(area) || !AREAS.includes(other)) return [];
    const advice = from.endsWith(".test.ts") ? "move this test to test/" : `declare a port in ${area} and let main join it to ${other}`;
    return [{ path: from, line, rule: "areas-apart", message: `${area} may not import the area ${other}; ${advice}` }];
  });
