import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { AccessSubjects } from "../access/access-subjects.ts";
import { canI } from "../access/can-i.ts";
import { type WhoAmIDeps, whoAmI } from "../access/who-am-i.ts";
import { type Route, route } from "./route.ts";

export interface AccessRouteDeps extends WhoAmIDeps {
  readonly subjects: AccessSubjects;
}

export function accessRoutes(deps: AccessRouteDeps): Route[] {
  return [
    route(ENDPOINTS.auth.canI, ({ actor, grant, query }) => canI(deps.subjects, actor, grant, query)),
    route(ENDPOINTS.auth.whoami, ({ grant }) => whoAmI(deps, grant)),
  ];
}
