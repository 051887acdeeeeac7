import { type AcceptanceMap, allNumbers, expandRange } from "./acceptance-map.ts";
import { testTitles } from "./test-titles.ts";

/** The text of a file by its path from the root, or undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

/** What is wrong with the map, one line each: numbers missing, unknown or stated twice; claims that nothing backs. */
export function checkMap(map: AcceptanceMap, read: ReadText): readonly string[] {
  return [...checkNumbers(map), ...checkDone(map, read), ...checkSuperseded(map, read)];
}

function checkNumbers(map: AcceptanceMap): readonly string[] {
  const stated = [...map.open.flatMap(expandRange), ...Object.keys(map.done), ...Object.keys(map.superseded)];
  const known = new Set(allNumbers());
  return [
    ...[...known]
      .filter((number) => !stated.includes(number))
      .map((number) => `${number} is missing: it is neither open, done nor superseded`),
    ...stated.filter((number) => !known.has(number)).map((number) => `${number} is no acceptance line`),
    ...stated.filter((number, index) => stated.indexOf(number) !== index).map((number) => `${number} is stated twice`),
  ];
}

function checkDone(map: AcceptanceMap, read: ReadText): readonly string[] {
  return Object.entries(map.done).flatMap(([number, references]) => {
    if (references.length === 0) return [`${number} is called done and names no test`];
    return references.flatMap((reference) => {
      const problem = checkReference(reference, read);
      return problem === undefined ? [] : [`${number}: ${problem}`];
    });
  });
}

/** What is wrong with "path/to/file.test.ts > title"; undefined: there is such a test. */
export function checkReference(reference: string, read: ReadText): string | undefined {
  const separator = reference.indexOf(" > ");
  if (separator < 0) return `"${reference}" is not "path/to/file.test.ts > title"`;
  const path = reference.slice(0, separator);
  const title = reference.slice(separator + 3);
  if (!/\.(test|contract)\.tsx?$/.test(path)) return `${path} is no test file`;
  const text = read(path);
  if (text === undefined) return `${path} does not exist`;
  return testTitles(text).includes(title) ? undefined : `${path} has no test called "${title}"`;
}

function checkSuperseded(map: AcceptanceMap, read: ReadText): readonly string[] {
  return Object.entries(map.superseded).flatMap(([number, path]) => {
    if (!/^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/.test(path)) return [`${number}: ${path} is no decision record`];
    const text = read(path);
    if (text === undefined) return [`${number}: ${path} does not exist`];
    return text.includes(number) ? [] : [`${number}: ${path} does not mention it`];
  });
}
