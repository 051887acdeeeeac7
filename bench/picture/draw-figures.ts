import type { BenchFigures, HeldComparison } from "./bench-figures.ts";

const WIDTH = 880;
const TOP = 84;
const ROW = 42;
const BAR = { x: 430, width: 330, height: 14 };
/** A bar ends here, in goals. */
const MOST_GOALS = 3;
const GOAL_X = BAR.x + BAR.width / MOST_GOALS;

/** Whoever looks at it may have a light or a dark page. */
const STYLE = `
    .ground { fill: #f6f8fa } .text { fill: #1f2328 } .soft { fill: #57606a } .track { fill: #d8dee4 }
    .met { fill: #1a7f37 } .missed { fill: #bc4c00 } .goal { stroke: #1f2328 }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 } .text { fill: #e6edf3 } .soft { fill: #9198a1 } .track { fill: #30363d }
      .met { fill: #3fb950 } .missed { fill: #f0883e } .goal { stroke: #e6edf3 }
    }
  `;

/** An SVG of what the gateway is held to: a bar for each goal, as long as the figure is in goals, and whether it is met. */
export function drawFigures(figures: BenchFigures): string {
  const height = TOP + figures.comparisons.length * ROW + 16;
  const met = figures.comparisons.filter(({ goal }) => goal.met).length;
  const said = `${met} of ${figures.comparisons.length} goals are met`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t d" font-family="system-ui, sans-serif" font-size="14">`,
    `  <title id="t">mcpctl's gateway, with every policy on, beside other programs: ${said}</title>`,
    `  <desc id="d">${escaped(figures.comparisons.map(sentence).join("; "))}</desc>`,
    `  <style>${STYLE}</style>`,
    `  <rect class="ground" width="${WIDTH}" height="${height}" rx="12"/>`,
    `  <text class="text" x="24" y="34" font-size="16" font-weight="600">The gateway, with every policy on, beside other programs: ${said}</text>`,
    `  <text class="soft" x="24" y="56" font-size="12">${escaped(where(figures))}</text>`,
    ...figures.comparisons.flatMap((comparison, at) => row(comparison, TOP + at * ROW)),
    `  <line class="goal" x1="${GOAL_X}" y1="${TOP - 8}" x2="${GOAL_X}" y2="${height - 20}" stroke-width="1.5" stroke-dasharray="4 3"/>`,
    `  <text class="soft" x="${GOAL_X}" y="${TOP - 12}" font-size="12" text-anchor="middle">the goal</text>`,
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

function row(comparison: HeldComparison, y: number): readonly string[] {
  const { spread, goal } = comparison;
  const goals = spread.median / goal.value;
  const width = Math.round(Math.min(goals, MOST_GOALS) * (BAR.width / MOST_GOALS));
  const verdict = goal.met ? "met" : "missed";
  const more = goals > MOST_GOALS ? " »" : "";
  return [
    `  <text class="text" x="24" y="${y + 13}">${escaped(load(comparison))}</text>`,
    `  <text class="soft" x="24" y="${y + 29}" font-size="12">${escaped(measure(comparison))}</text>`,
    `  <rect class="track" x="${BAR.x}" y="${y + 6}" width="${BAR.width}" height="${BAR.height}" rx="3"/>`,
    `  <rect class="${verdict}" x="${BAR.x}" y="${y + 6}" width="${width}" height="${BAR.height}" rx="3"/>`,
    `  <text class="text" x="${BAR.x + BAR.width + 12}" y="${y + 18}">${shown(comparison, spread.median)}${more}</text>`,
    `  <text class="${verdict}" x="${WIDTH - 24}" y="${y + 18}" text-anchor="end" font-weight="600">${verdict}</text>`,
  ];
}

function load({ upstream, call, connections, unit }: HeldComparison): string {
  const isMemory = unit === "KiB" || unit === "times the memory";
  return isMemory ? `${upstream}, ${call}` : `${upstream}, ${call}, ${connections} at once`;
}

function measure(comparison: HeldComparison): string {
  const { unit, against, goal } = comparison;
  const of = unit.startsWith("times") ? ` of ${against}` : "";
  return `${unit === "KiB" ? "MiB" : unit}${of}: ${goal.bound} ${shown(comparison, goal.value)}`;
}

function shown({ unit }: HeldComparison, value: number): string {
  if (unit === "KiB") return String(Math.round(value / 1024));
  return unit.startsWith("times") ? String(Number(value.toFixed(2))) : String(Math.round(value));
}

function sentence(comparison: HeldComparison): string {
  const verdict = comparison.goal.met ? "met" : "missed";
  return `${load(comparison)}: ${shown(comparison, comparison.spread.median)} ${measure(comparison)}, ${verdict}`;
}

const PEERS = ["nginx", "mcp-proxy", "supergateway"];

function where({ startedAt, options, machine }: BenchFigures): string {
  const { cores, processor, loadAverage, versions } = machine;
  const peers = PEERS.flatMap((name) => (versions[name] === undefined ? [] : [`${name} ${versions[name]}`]));
  const load = `load average ${loadAverage.toFixed(1)}`;
  const what = `mcpctl at ${versions.revision ?? "no revision"}, ${peers.join(", ")}`;
  return `${what}; ${startedAt.slice(0, 10)}, ${cores} cores (${processor}), ${load}, ${options.rounds} rounds`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
