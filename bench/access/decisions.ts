import { type Caller, decideAccess } from "../../src/core/caller.ts";
import {
  type AccessRequest,
  compileRights,
  type GrantedBinding,
  intersectRights,
  RESOURCES,
  type Rights,
  ROLES,
} from "../../src/core/permission.ts";
import { type Effort, type Figure, p50Micros } from "./measure.ts";

const BINDINGS = 1000;
const BUDGET = { limit: 20, is: "at most" } as const;

/** Bindings on names of every kind, some on all of a project's; none on a whole kind, which would end each search at once. */
function namedBindings(prefix: string): GrantedBinding[] {
  return Array.from({ length: BINDINGS }, (_, at) => {
    const resource = RESOURCES[at % RESOURCES.length] ?? "servers";
    const role = ROLES[at % ROLES.length] ?? "view";
    const name = at % 10 === 0 ? `${prefix}-${at}/*` : `${prefix}-${at}`;
    return { binding: { role, resource, name }, source: `definition-${at % 50}` };
  });
}

/** Half are covered, by name or by project; the others are not. */
function requestsOn(bindings: readonly GrantedBinding[]): AccessRequest[] {
  return bindings.flatMap(({ binding }): AccessRequest[] => {
    if ("action" in binding || binding.name === undefined) return [];
    const { role: verb, resource, name } = binding;
    return [
      { verb, resource, name: name.replace("/*", "/one") },
      { verb, resource, name: `${name}x` },
    ];
  });
}

function callerWith(rights: Rights): Caller {
  return { principal: { kind: "user", id: "usr_1", name: "jo" }, rights, scopes: new Set() };
}

/** The one access decision with 1,000 role bindings, and what it costs to get ready for it. */
export function decisionFigures({ rounds, samples }: Effort): Figure[] {
  const own = namedBindings("a");
  const requests = requestsOn(own);
  const rights = compileRights(own);
  const within = intersectRights(rights, compileRights([...namedBindings("b"), ...own]));
  const decide = (caller: Caller) => () =>
    p50Micros(samples, (turn) => decideAccess(caller, requests[turn % requests.length] ?? { action: "*" }));
  const compile = () => p50Micros(Math.max(20, samples / 2000), () => compileRights(own));
  const figure = (what: string, measure: () => number, budget?: Figure["budget"]): Figure => {
    measure();
    return { what, rounds: Array.from({ length: rounds }, measure), unit: "µs", ...(budget === undefined ? {} : { budget }) };
  };
  return [
    figure(`decision, ${BINDINGS} bindings, p50`, decide(callerWith(rights)), BUDGET),
    figure(`decision of a token, ${BINDINGS} within ${2 * BINDINGS} of its owner, p50`, decide(callerWith(within)), BUDGET),
    figure(`making ${BINDINGS} bindings ready, once per answer, p50`, compile),
  ];
}
