import { projects as endpoints } from "../../api/endpoints/resource-endpoints.ts";
import type { ProjectResource } from "../../api/resources/project.ts";
import { type AttachServerDeps, attachServer, detachServer } from "../project/attach-server.ts";
import { type CreateProjectDeps, createProject } from "../project/create-project.ts";
import { deleteProject } from "../project/delete-project.ts";
import { findProject } from "../project/find-project.ts";
import { listProjects } from "../project/list-projects.ts";
import type { ProjectDetails } from "../project/project.ts";
import { updateProject } from "../project/update-project.ts";
import { listProjectServers } from "../server/list-servers.ts";
import { listRequest } from "./list-request.ts";
import { ReplyWith, type Route, route } from "./route.ts";
import { type ServersNow, serverResource } from "./server-resource.ts";

export type ProjectRoutesDeps = CreateProjectDeps & AttachServerDeps & ServersNow;

export function projectRoutes(deps: ProjectRoutesDeps): Route[] {
  return [
    route(endpoints.list, async ({ query, actor }) => {
      const { items, nextCursor } = await listProjects(deps.projects, actor, query, listRequest<"name" | "createdAt">(query));
      return { items: items.map(projectResource), nextCursor };
    }),
    route(endpoints.create, async ({ body, actor }) => {
      const project = await createProject(deps, actor, body);
      return new ReplyWith(projectResource(project), { location: `/api/v1/projects/${project.name}` });
    }),
    route(endpoints.get, async ({ params, actor }) => projectResource(await findProject(deps.projects, actor, "view", params.project))),
    route(endpoints.update, async ({ params, body, actor, ifMatch }) =>
      projectResource(await updateProject(deps, actor, params.project, body, ifMatch)),
    ),
    route(endpoints.delete, async ({ params, actor, ifMatch }) => {
      await deleteProject(deps, actor, params.project, ifMatch);
      return undefined;
    }),
    route(endpoints.servers, async ({ params, actor }) => {
      const servers = await listProjectServers(deps, actor, params.project);
      return { items: servers.map((server) => serverResource(server, actor.caller, deps)) };
    }),
    route(endpoints.attach, async ({ params, actor, ifMatch }) => projectResource(await attachServer(deps, actor, params, ifMatch))),
    route(endpoints.detach, async ({ params, actor, ifMatch }) => projectResource(await detachServer(deps, actor, params, ifMatch))),
  ];
}

function projectResource({ ownerId: _, servers, createdAt, updatedAt, ...project }: ProjectDetails): ProjectResource {
  return { ...project, servers: [...servers], createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
