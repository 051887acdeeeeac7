import type { AcceptanceMap } from "./acceptance/acceptance-map.ts";

/**
 * Where each of the 441 acceptance lines stands: S1 fleet, S2 gateway operations, S3
 * stateless deployment, S4 tokens and the HTTP gateway.
 *
 * To claim a line, take its number out of `open` and give it to `done` with the tests that
 * prove it, as "path/to/file.test.ts > title". `acceptance/coverage.test.ts` holds the map to it.
 */

const REPOSITORY = "test/architecture/repository.test.ts";
const BIN = "test/e2e/bin.test.ts";
const SERVERS = "test/e2e/servers.test.ts";
const API_ROUTE = "test/e2e/api-route.test.ts";
const TEST_MCP_E2E = "test/e2e/test-mcp.test.ts";
const TOKEN = "src/core/mcp-token.test.ts";
const CLIENT = "src/mcp/client/mcp-http-session.test.ts";
const TEST_MCP = "src/cli/test-mcp-command.test.ts";
const TEST_MCP_FLAGS = "src/cli/test-mcp-flags.test.ts";
const TOKENS_E2E = "test/e2e/tokens.test.ts";
const JWT_E2E = "test/e2e/api-jwt.test.ts";
const APART = "test/e2e/gateway-apart.test.ts";
const MATRIX = "test/e2e/migration-matrix.test.ts";
const AGENT = "src/agent/identity";
const CREATE_TOKEN = "src/control/token/create-mcp-token.test.ts";
const END_TOKEN = "src/control/token/end-mcp-token.test.ts";
const RESOLVE_TOKEN = "src/control/token/mcp-token-resolver.test.ts";
const TOKEN_STORE = "src/control/token/mcp-token-store.contract.ts";
const TOKEN_HTTP = "src/control/http/mcp-token-routes.test.ts";
const AUTH_HTTP = "src/control/http/auth-routes.test.ts";
const RBAC = "src/control/rbac/rbac-use-cases.test.ts";
const PERMISSION = "src/core/permission.test.ts";
const ACCESS = "src/gateway/access/access.test.ts";
const GATEWAY_AUDIT = "src/gateway/audit/audit.test.ts";
const WRITE_TOOLS = "src/gateway/access/write-tools.test.ts";
const CLI_BINDINGS = "src/cli/rbac-bindings.test.ts";
const CLI_CREATE = "src/cli/create/create-command.test.ts";
const CLI_GET = "src/cli/get-command.test.ts";
const CLI_DELETE = "src/cli/describe-delete.test.ts";
const CLI_APPLY = "src/cli/apply/apply-command.test.ts";
const CLI_COMPLETION = "src/cli/completion/completion.test.ts";
const CLI_STRIP = "src/cli/kinds/strip-internal-fields.test.ts";
const CLI_LOGIN = "src/cli/account/account.test.ts";
const CLI_TTL = "src/cli/parse-ttl.test.ts";
const STATELESS = "test/stateless";
const STATELESS_DOC = "test/deploy/stateless-doc.test.ts > the guide to stateless testing";
const STATELESS_CHECKS = "src/verify/stateless/checks/all-checks.test.ts";
const STATELESS_REPORT = "src/verify/stateless/report/render-verify.test.ts";
const WHOLE_CONTRACT = `${STATELESS}/test_whole_contract.test.ts > test_gateway_image_keeps_the_whole_contract`;
const ASYNC_SEARCH =
  "test/e2e/async-dispatch.test.ts > a search that is dispatched is accepted with a task and its trace, is carried out, reused, and refused for another call";
const DISPATCH_ONCE =
  "test/e2e/dispatch-command.test.ts > a call that is dispatched is carried out once under its key, and another under that key is refused with what helps";
const DISPATCH_ROUTES =
  "test/e2e/dispatch.test.ts > a search is dispatched by the API's, the manager's and the project's route: accepted, reused, refused";
const SYNC_WORKERS =
  "test/e2e/workers-of-tasks.test.ts > emcp:sync-workers confirms emcp_dispatch, which registers itself, and switched off it takes no task until it is switched on";
const WORKER_BESIDE = `test/e2e/workers-of-tasks.test.ts > \${engine}: a worker beside an mcpd carries out what that one accepts, and without one the call runs while its request waits or is refused`;
const IMAGE = "test/e2e/deploy/image.test.ts";
const K8S = "test/deploy/k8s.test.ts";
const FULLDEPLOY = "test/e2e/deploy/fulldeploy.test.ts";
const SMOKE = "test/e2e/smoke.test.ts";
const MULTI_USER = "test/e2e/multi-user.test.ts";
const CACHE_DIR = "test/e2e/cache-dir.test.ts";
const FILE_CACHE = "src/gateway/cache/file/file-cache.test.ts";
const CATALOG = "src/gateway/catalog/server-catalog.test.ts";

export const ACCEPTANCE: AcceptanceMap = {
  open: ["S2-051", "S2-053", "S2-059..S2-074", "S4-081", "S4-103", "S4-107", "S4-109"],

  done: {
    // The fleet.
    "S1-004": [
      "test/e2e/fleet/up-agent.test.ts > an image is run in one line: hardened, called through the gateway, put right when it dies, and there after a restart",
    ],
    "S1-013": [
      "src/agent/rpc/rpc-roles.test.ts > each RPC takes the role that the contract says it takes",
      "src/agent/rpc/agent-rpc.test.ts > every RPC of the contract was called",
    ],
    "S1-014": [
      "test/architecture/generated-code.test.ts > gen/ is exactly what buf generates from proto/ today",
      "test/architecture/generated-code.test.ts > the contract passes buf lint, and the generated code has its service and messages",
    ],
    "S1-015": [
      "src/agent/rpc/rpc-roles.test.ts > each RPC takes the role that the contract says it takes",
      "src/agent/rpc/agent-rpc.test.ts > every RPC of the contract was called",
    ],
    "S1-016": [
      "test/architecture/generated-code.test.ts > gen/ is exactly what buf generates from proto/ today",
      "test/architecture/generated-code.test.ts > the contract passes buf lint, and the generated code has its service and messages",
    ],
    "S1-017": [
      "src/agent/rpc/rpc-roles.test.ts > each RPC takes the role that the contract says it takes",
      "src/agent/rpc/agent-rpc.test.ts > every RPC of the contract was called",
    ],
    "S1-018": ["src/agent/registry/sqlite/sqlite-registry.test.ts > the registry has its tables, and opening it again changes nothing"],
    "S1-019": ["src/agent/registry/sqlite/sqlite-registry.test.ts > the registry has its tables, and opening it again changes nothing"],
    "S1-020": [
      "src/agent/registry/sqlite/sqlite-registry.test.ts > the registry has its tables, and opening it again changes nothing",
      "src/agent/registry/sqlite/sqlite-registry.test.ts > a registry of a newer version is refused and left as it is",
    ],
    "S1-021": ["src/agent/registry/registry.contract.ts > services are created, read, listed by name, changed and deleted"],
    "S1-022": [
      "src/agent/registry/registry.contract.ts > a component's spec comes back as it was saved",
      "src/agent/registry/registry.contract.ts > what is wanted and what is seen are kept apart, and a look that fails takes nothing away but the state",
    ],
    "S1-023": [
      "src/agent/registry/registry.contract.ts > components are told apart by service and name, and listed by what is wanted of them",
    ],
    "S1-024": [
      "src/agent/registry/registry.contract.ts > events are found by service, component, kind and time, oldest first or the newest of them",
    ],
    "S1-025": [
      "src/agent/registry/registry.contract.ts > events are found by service, component, kind and time, oldest first or the newest of them",
    ],
    "S1-026": ["src/agent/registry/registry.contract.ts > events of a window are counted"],
    "S1-027": [
      "src/agent/registry/registry.contract.ts > old events are pruned, however many there are, and their ids are not given again",
    ],
    "S1-028": ["src/agent/registry/sqlite/sqlite-registry.test.ts > the registry has its tables, and opening it again changes nothing"],
    "S1-029": ["src/agent/registry/sqlite/sqlite-registry.test.ts > the registry has its tables, and opening it again changes nothing"],
    "S1-030": [
      "src/agent/registry/registry.contract.ts > services are created, read, listed by name, changed and deleted",
      "src/agent/registry/registry.contract.ts > a component's spec comes back as it was saved",
    ],
    "S1-031": [
      "src/agent/registry/registry.contract.ts > what is wanted and what is seen are kept apart, and a look that fails takes nothing away but the state",
    ],
    "S1-032": [
      "src/agent/registry/registry.contract.ts > events are found by service, component, kind and time, oldest first or the newest of them",
      "src/agent/registry/registry.contract.ts > old events are pruned, however many there are, and their ids are not given again",
    ],
    "S1-033": [
      "src/agent/registry/registry.contract.ts > a service that is deleted takes its components, their deployments and its events along, and nobody else's",
    ],
    "S1-034": [
      "src/agent/registry/registry.contract.ts > a second component of the same service and name is refused, as is one of no service",
    ],
    "S1-035": ["src/runtime/runtime.contract.ts > a container is created, runs and is stopped, and each is said of it"],
    "S1-036": [
      "src/runtime/runtime.contract.ts > inspect tells what it was made with",
      "src/runtime/podman-json/parse-podman.test.ts > what podman %s says of a container is read to the same",
    ],
    "S1-037": [
      "src/runtime/runtime.contract.ts > inspect tells what it was made with",
      "src/runtime/podman-json/parse-podman.test.ts > what podman %s says of a container is read to the same",
      "src/runtime/podman-cli/argv-of.test.ts > a spec's %s becomes its flag of podman",
    ],
    "S1-038": [
      "src/runtime/podman-cli/argv-of.test.ts > image and command come last, and words of the command are no options",
      "src/runtime/podman-cli/argv-of.test.ts > no value of a variable stands in the command line",
    ],
    "S1-039": ["src/runtime/podman-cli/argv-of.test.ts > a spec's %s becomes its flag of podman"],
    "S1-040": [
      "src/service-definition/container-clash.test.ts > a container is named for its service and its component, once where both are equal",
    ],
    "S1-041": ["src/service-definition/image-reference.test.ts > the version of %s is '%s'"],
    "S1-042": ["src/service-definition/service-files.test.ts > what is written is loaded again, and no other file is left"],
    "S1-043": ["src/service-definition/service-files.test.ts > what is written is loaded again, and no other file is left"],
    "S1-044": [
      "src/service-definition/service-files.test.ts > all .toml files of a folder are loaded, in the order of their names, and nothing else",
    ],
    "S1-045": ["src/service-definition/parse-service-definition.test.ts > %s is refused, with its place and what to do"],
    "S1-046": ["src/service-definition/parse-service-definition.test.ts > %s is refused, with its place and what to do"],
    "S1-047": [
      "src/service-definition/round-trip.test.ts > a definition that goes over the wire and comes back is the same",
      "src/service-definition/from-spec.test.ts > a definition becomes a message with everything said that has a default",
    ],
    "S1-048": [
      "src/service-definition/parse-service-definition.test.ts > ten lines are a service; what is not written has its default, and it is active",
    ],
    "S1-049": ["src/service-definition/round-trip.test.ts > a definition that is written and read again is the same"],
    "S1-050": ["src/service-definition/parse-service-definition.test.ts > %s is refused, with its place and what to do"],
    "S1-051": [
      "src/service-definition/service-files.test.ts > all .toml files of a folder are loaded, in the order of their names, and nothing else",
    ],
    "S1-052": [
      "src/service-definition/round-trip.test.ts > a definition that goes over the wire and comes back is the same",
      "src/service-definition/from-spec.test.ts > a definition becomes a message with everything said that has a default",
    ],
    "S1-053": ["src/cli/config/fleet-config.test.ts > the configuration of the command line: every field comes from its TOML key"],
    "S1-054": ["src/cli/config/fleet-config.test.ts > variables MCP_… replace what the file says"],
    "S1-055": ["src/cli/config/fleet-config.test.ts > %p is refused with its place"],
    "S1-056": [
      "src/agent/config/read-agent-config.test.ts > a file with every key populates every field, times in milliseconds and paths made whole from the file's folder",
    ],
    "S1-057": [
      "src/agent/config/read-agent-config.test.ts > a file with every key populates every field, times in milliseconds and paths made whole from the file's folder",
    ],
    "S1-058": ["src/agent/config/read-agent-config.test.ts > variables stand in for keys of the file, and for keys that are not in it"],
    "S1-059": ["src/agent/config/read-agent-config.test.ts > without %s it is refused, and the key and its variable are named"],
    "S1-060": [
      "src/cli/config/fleet-config.test.ts > the configuration of the command line: every field comes from its TOML key",
      "src/agent/config/read-agent-config.test.ts > a file with every key populates every field, times in milliseconds and paths made whole from the file's folder",
    ],
    "S1-061": [
      "src/cli/config/fleet-config.test.ts > %p is refused with its place",
      "src/agent/config/read-agent-config.test.ts > without %s it is refused, and the key and its variable are named",
    ],
    "S1-062": [
      "src/cli/config/fleet-config.test.ts > variables MCP_… replace what the file says",
      "src/agent/config/read-agent-config.test.ts > variables stand in for keys of the file, and for keys that are not in it",
    ],
    "S1-063": ["src/cli/config/fleet-config.test.ts > the configuration of the command line: every field comes from its TOML key"],
    "S1-078": [
      "test/e2e/fleet/agent-process.test.ts > an agent as a process: TLS, tokens, one for each folder, a snapshot meanwhile, SIGHUP, SIGTERM, a restore",
    ],
    "S1-079": [
      "src/main/start-agent.test.ts > its parts are joined: what is deployed runs, is known, is seen, is stopped, and can be pulled and pushed to",
    ],
    "S1-080": [
      "test/e2e/fleet/agent-process.test.ts > an agent as a process: TLS, tokens, one for each folder, a snapshot meanwhile, SIGHUP, SIGTERM, a restore",
    ],
    "S1-081": [
      "src/main/start-agent.test.ts > an agent starts from its configuration, speaks TLS, and rejects an RPC without a valid token",
    ],
    "S1-082": [
      "src/main/start-agent.test.ts > a graceful stop closes the registry and stops the listener; the next agent has what the last one knew",
    ],
    "S1-083": ["src/agent/engine/deploy.test.ts > a new version takes over, and the old one is kept stopped with its image"],
    "S1-084": ["src/agent/engine/deploy.test.ts > one component is deployed alone: the others' containers and specs stay"],
    "S1-085": ["src/agent/engine/deploy.test.ts > a first deploy makes, starts and records every component, hardened and labelled"],
    "S1-086": ["src/agent/engine/deploy.test.ts > one component is deployed alone: the others' containers and specs stay"],
    "S1-087": [
      "src/agent/engine/deploy.test.ts > an image is pulled where it is missing, progress is told, and a failed pull leaves the others deployed",
    ],
    "S1-088": ["src/agent/engine/deploy.test.ts > a first deploy makes, starts and records every component, hardened and labelled"],
    "S1-089": ["src/agent/engine/deploy.test.ts > a first deploy makes, starts and records every component, hardened and labelled"],
    "S1-090": [
      "src/agent/engine/lifecycle.test.ts > a stop stops each component, the ones that need others first, and has them stay stopped",
      "src/agent/engine/lifecycle.test.ts > a start starts what is stopped and makes what is gone anew, each after those it depends on",
      "src/agent/engine/lifecycle.test.ts > a restart cycles each component and asks for nothing else",
    ],
    "S1-091": [
      "src/agent/engine/lifecycle.test.ts > a stop stops each component, the ones that need others first, and has them stay stopped",
    ],
    "S1-092": [
      "src/agent/engine/lifecycle.test.ts > a start starts what is stopped and makes what is gone anew, each after those it depends on",
    ],
    "S1-093": ["src/agent/engine/lifecycle.test.ts > a restart cycles each component and asks for nothing else"],
    "S1-094": [
      "src/agent/engine/lifecycle.test.ts > a stop stops each component, the ones that need others first, and has them stay stopped",
      "src/agent/engine/lifecycle.test.ts > a start starts what is stopped and makes what is gone anew, each after those it depends on",
      "src/agent/engine/lifecycle.test.ts > a restart cycles each component and asks for nothing else",
    ],
    "S1-095": ["src/agent/status/node-status.test.ts > a list is what the registry has; the engine is not asked for it"],
    "S1-096": ["src/agent/status/node-status.test.ts > a live look brings the registry up to date, and does not need the monitor to run"],
    "S1-097": [
      "src/agent/status/node-status.test.ts > a live look brings the registry up to date, and does not need the monitor to run",
      "src/agent/status/node-status.test.ts > drift is told with what is wanted, what is there and since when",
      "src/agent/status/node-status.test.ts > the newest events come first, of one service or of all",
    ],
    "S1-098": ["src/agent/status/node-status.test.ts > a list is what the registry has; the engine is not asked for it"],
    "S1-099": ["src/agent/status/node-status.test.ts > a live look brings the registry up to date, and does not need the monitor to run"],
    "S1-100": ["src/agent/status/node-status.test.ts > drift is told with what is wanted, what is there and since when"],
    "S1-101": ["src/agent/status/node-status.test.ts > the newest events come first, of one service or of all"],
    "S1-102": [
      "src/agent/adopt/adoption.test.ts > a sync creates services, and says what is wanted of their components",
      "src/agent/rpc/agent-rpc.test.ts > every RPC of the contract was called",
    ],
    "S1-103": ["src/agent/adopt/adoption.test.ts > a sync creates services, and says what is wanted of their components"],
    "S1-104": [
      "src/agent/adopt/adoption.test.ts > containers that nobody has declared are ignored and named; ours and those of another agent are not among them",
    ],
    "S1-105": [
      "src/agent/adopt/adoption.test.ts > a sync brings a known service up to its definition, says what changed, and a second one finds nothing",
    ],
    "S1-106": [
      "src/agent/adopt/adoption.test.ts > a sync creates services, and says what is wanted of their components",
      "src/agent/adopt/adoption.test.ts > containers that nobody has declared are ignored and named; ours and those of another agent are not among them",
      "src/agent/adopt/adoption.test.ts > a sync brings a known service up to its definition, says what changed, and a second one finds nothing",
    ],
    "S1-107": [
      "src/agent/rpc/agent-rpc.test.ts > every RPC of the contract was called",
      "src/agent/files/service-files.test.ts > a file lies under its service's directory with its mode, and the way to it is made",
    ],
    "S1-108": [
      "src/agent/files/service-files.test.ts > a file lies under its service's directory with its mode, and the way to it is made",
    ],
    "S1-109": ["src/agent/files/service-path.test.ts > %s is refused"],
    "S1-110": [
      "src/agent/files/service-files.test.ts > links, directories, pipes and files of two names are neither replaced nor read",
      "test/security/slow/rule-15-symlink-race.test.ts > a directory that is swapped for a link leads no push and no pull out of the service's directory",
    ],
    "S1-111": [
      "src/agent/files/service-files.test.ts > a file lies under its service's directory with its mode, and the way to it is made",
      "src/agent/files/service-files.test.ts > more or fewer bytes than were announced leave the old content, and nothing else",
    ],
    "S1-112": ["src/agent/files/service-files.test.ts > a pull gives content, mode, size and time"],
    "S1-113": [
      "src/agent/files/service-files.test.ts > a file lies under its service's directory with its mode, and the way to it is made",
      "src/agent/files/service-path.test.ts > %s is refused",
      "src/agent/files/service-files.test.ts > links, directories, pipes and files of two names are neither replaced nor read",
      "test/security/slow/rule-15-symlink-race.test.ts > a directory that is swapped for a link leads no push and no pull out of the service's directory",
      "src/agent/files/service-files.test.ts > what cannot be one part of a path is no service",
    ],
    "S1-114": [
      "src/agent/rpc/agent-rpc.test.ts > every RPC of the contract was called",
      "src/agent/adopt/plan-adoption.test.ts > a container of the service's name and those that begin with it are adopted, under the rest of their names",
      "src/agent/adopt/plan-adoption.test.ts > of several services that fit the one with the longest name has the container",
    ],
    "S1-115": [
      "src/agent/adopt/adoption.test.ts > containers of a service are adopted as they are: nothing is restarted, and what is wanted is the state they are in",
    ],
    "S1-116": [
      "src/agent/adopt/adoption.test.ts > containers of a service are adopted as they are: nothing is restarted, and what is wanted is the state they are in",
    ],
    "S1-117": [
      "src/agent/adopt/adoption.test.ts > containers of a service are adopted as they are: nothing is restarted, and what is wanted is the state they are in",
      "src/agent/adopt/adoption.test.ts > one that cannot be adopted says why, and the others are",
    ],
    "S1-118": [
      "src/agent/adopt/plan-adoption.test.ts > a container of the service's name and those that begin with it are adopted, under the rest of their names",
      "src/agent/adopt/adoption.test.ts > containers of a service are adopted as they are: nothing is restarted, and what is wanted is the state they are in",
      "src/agent/adopt/adoption.test.ts > a service of one container of its own name has a component of that name, and one that is all stopped is not active",
    ],
    "S1-119": [
      "src/agent/monitor/monitor.test.ts > events that are %s leave the right state after the next full look, told once",
      "src/agent/monitor/monitor.test.ts > a monitor that was stopped leaves no timer, stream or look behind",
    ],
    "S1-120": [
      "src/agent/monitor/monitor.test.ts > events that are %s leave the right state after the next full look, told once",
      "src/agent/monitor/alerts.test.ts > drift is told once in its cool-down, for each component apart, and its end too",
    ],
    "S1-121": [
      "src/agent/monitor/decisions.test.ts > what is stopped, has exited or was removed is as it should be where nothing should run; what nobody knows is no drift",
    ],
    "S1-122": [
      "src/agent/monitor/decisions.test.ts > more exits than the threshold within the window are flapping, and a whole quiet window ends it",
    ],
    "S1-123": ["src/agent/monitor/alerts.test.ts > drift is told once in its cool-down, for each component apart, and its end too"],
    "S1-124": ["src/agent/monitor/alerts.test.ts > the command is told all of it in its environment"],
    "S1-125": ["src/agent/monitor/monitor.test.ts > old events are deleted and recent ones stay"],
    "S1-126": [
      "src/agent/monitor/monitor.test.ts > an exit is seen by its event, long before the next full look, and told with how it ended",
    ],
    "S1-127": ["src/agent/monitor/alerts.test.ts > drift is told once in its cool-down, for each component apart, and its end too"],
    "S1-128": [
      "src/agent/monitor/decisions.test.ts > more exits than the threshold within the window are flapping, and a whole quiet window ends it",
      "src/agent/monitor/healing.test.ts > what should run is put right at once, then ever later, and a flood of restarts never comes: seven in the first minute",
    ],
    "S1-129": ["src/agent/monitor/alerts.test.ts > the command is told all of it in its environment"],
    "S1-130": ["src/agent/monitor/monitor.test.ts > old events are deleted and recent ones stay"],
    "S1-131": ["src/agent/monitor/monitor.test.ts > a monitor that was stopped leaves no timer, stream or look behind"],
    "S1-132": [
      "src/agent/snapshot/snapshot.test.ts > a snapshot is a sound database with its moment in its name, for its owner alone, and the registry is as it was",
    ],
    "S1-133": [
      "src/agent/snapshot/snapshot.test.ts > a snapshot is a sound database with its moment in its name, for its owner alone, and the registry is as it was",
    ],
    "S1-134": ["src/cli/program.test.ts > the root has --config, and its help lists every command of the fleet"],
    "S1-135": [
      "src/api/agent/agent-client.test.ts > a call reaches the agent whose certificate is pinned, with the bearer token in its metadata",
      "src/api/agent/agent-client.test.ts > a certificate of the authority that is named is verified by it",
    ],
    "S1-137": ["src/cli/fleet/deploy-command.test.ts > -f goes before the file at its place, and that before the agent's registry"],
    "S1-138": ["src/cli/fleet/deploy-command.test.ts > SERVICE/COMPONENT deploys one component, and the flags reach the agent"],
    "S1-139": [
      "src/cli/fleet/deploy-command.test.ts > deploy pushes the spec of the file at its place, says each step, and prints a result for each component",
    ],
    "S1-140": ["src/cli/fleet/deploy-command.test.ts > a service that neither a file nor a registry has is a clear error"],
    "S1-141": [
      "src/cli/fleet/lifecycle-command.test.ts > stop writes active = false to the file, keeps its comments, and calls StopService",
    ],
    "S1-142": ["src/cli/fleet/lifecycle-command.test.ts > start writes active = true to the file, and calls StartService"],
    "S1-143": ["src/cli/fleet/lifecycle-command.test.ts > restart calls RestartService and does not change the file"],
    "S1-144": ["src/cli/fleet/state-commands.test.ts > list shows the services of all nodes, from their registries alone"],
    "S1-145": ["src/cli/fleet/state-commands.test.ts > ps shows what runs on all nodes, with uptime and version"],
    "S1-146": ["src/cli/fleet/state-commands.test.ts > status marks drift, says what differs, and shows recent events, newest first"],
    "S1-147": ["src/cli/fleet/sync-adopt.test.ts > sync gives each agent the services of its node, and prints what changed"],
    "S1-148": ["src/cli/fleet/sync-adopt.test.ts > sync --node filters by node"],
    "S1-149": [
      "src/cli/fleet/sync-adopt.test.ts > adopt prints the containers that were adopted and the component names that were derived",
    ],
    "S1-150": ["src/cli/fleet/service-command.test.ts > service show prints the spec of the named service, as TOML or JSON"],
    "S1-151": [
      "src/cli/fleet/service-command.test.ts > service edit opens the file where there is one, asks no node, and saves at its place",
      "src/cli/fleet/service-command.test.ts > service edit exports from the agent first where there is no file",
    ],
    "S1-152": ["src/cli/fleet/service-command.test.ts > service export writes the file at its place, and what it wrote loads back equal"],
    "S1-153": [
      "src/cli/fleet/component-commands.test.ts > push reads the local file and puts it into the service's directory; its path is its own name by default",
    ],
    "S1-154": [
      "src/cli/fleet/component-commands.test.ts > pull writes the content to a local file with its mode, under its own name by default",
    ],
    "S1-155": ["src/cli/fleet/node-command.test.ts > node list shows the nodes of the configuration"],
    "S1-156": [
      "src/cli/fleet/node-command.test.ts > node add appends [[nodes]] to the file with the certificate that was agreed to, and commands reach the node by it",
    ],
    "S1-157": ["src/cli/fleet/node-command.test.ts > node remove takes the named [[nodes]] out, and the file's other text stays"],
    "S1-158": [
      "src/cli/config/node-entries.test.ts > the file is valid TOML after any adding and removing, and as it was where both were done",
    ],
    "S1-159": ["test/deploy/systemd-units.test.ts > the agent runs as root, its containers outlive it, and it comes back by itself"],
    "S1-160": ["test/deploy/systemd-units.test.ts > the backup is one run of a snapshot, confined to the agent's folder"],
    "S1-161": ["test/deploy/systemd-units.test.ts > the timer runs it daily at 02:00 UTC, five minutes apart on different nodes"],
    "S1-162": [
      "test/deploy/systemd-units.test.ts > %s is confined, and says why where it is not",
      "test/e2e/deploy/install-agent.test.ts > systemd itself finds no mistake in the units where they are installed",
    ],
    "S1-163": ["test/deploy/examples.test.ts > mcp.toml has every field of the command line's configuration, documented, and loads"],
    "S1-164": [
      "test/deploy/examples.test.ts > mcp-agent.toml has every field of the agent's configuration, documented, and loads with what it only shows and without",
    ],
    "S1-165": ["test/e2e/deploy/install-agent.test.ts > a scratch root gets account, executable, folders, configuration and units"],
    "S1-166": ["test/e2e/deploy/install-agent.test.ts > run twice it leaves the same, and says that nothing was to be done"],
    "S1-167": [
      "test/e2e/fleet/command-line.test.ts > deploy, list, ps and status agree with podman; one component is deployed alone; stop, start and restart do what they say to the file",
    ],
    "S1-168": [
      "test/e2e/fleet/command-line.test.ts > deploy, list, ps and status agree with podman; one component is deployed alone; stop, start and restart do what they say to the file",
      "test/e2e/fleet/command-line.test.ts > logs go on across a replacement, events are told as they come, exec passes on output, input and exit code, and files go in and out",
      "test/e2e/fleet/command-line.test.ts > sync records what should run and starts nothing; what podman has made is adopted as it is, shown, exported and edited",
    ],
    "S1-169": [
      "test/e2e/fleet/command-line.test.ts > what the registry has is what the commands have done; every command and every RPC was among them",
    ],
    "S1-170": [
      "test/e2e/fleet/adopt.test.ts > a node with containers is taken over: discovered, adopted under their components' names, exported, and deployed from there",
    ],
    "S1-171": [
      "test/e2e/fleet/adopt.test.ts > a node with containers is taken over: discovered, adopted under their components' names, exported, and deployed from there",
    ],
    "S1-173": [
      "src/cli/fleet/deploy-command.test.ts > deploy pushes the spec of the file at its place, says each step, and prints a result for each component",
    ],
    "S1-172": [
      "test/e2e/fleet/quick-start.test.ts > the quick start of a container does what README.md says",
      "test/architecture/architecture-doc.test.ts > every file that docs/ARCHITECTURE.md names is there",
      "test/architecture/docs-commands.test.ts > docs/RUNBOOK.md names reasons, keys of an agent's configuration, and files that there are",
      `${REPOSITORY} > CONTRIBUTING.md names every npm script that a contributor runs`,
    ],
    // The repository.
    "S1-005": [`${REPOSITORY} > the package is called mcpctl and is never published by accident`],
    "S1-006": [
      `${REPOSITORY} > build, test, vet, lint, proto, proto-lint, clean and all are npm scripts`,
      `${REPOSITORY} > all runs every check and the build, and stops at the first failure`,
      `${REPOSITORY} > clean removes the folder that build writes and nothing else`,
      `${REPOSITORY} > every script that an npm script starts exists`,
    ],
    "S1-007": [`${REPOSITORY} > the linter is Biome, and its configuration holds its recommended rules`],
    "S1-008": [`${REPOSITORY} > git ignores what is installed, built or written while running`],
    "S1-009": [`${REPOSITORY} > CONTRIBUTING.md names every npm script that a contributor runs`],
    "S1-010": [
      `${REPOSITORY} > mcp and mcp-agent are entry points with a file to run and a composition root each`,
      `${BIN} > bin/%s answers from any folder`,
    ],
    "S1-011": [`${BIN} > npm run build makes one executable that answers to all five names`],
    "S1-012": [
      "test/e2e/npm-scripts.test.ts > vet and lint pass",
      "test/e2e/npm-scripts.test.ts > vet and lint fail where a rule is broken",
    ],

    // Servers, as an operator sees them.
    "S2-009": [
      `${SERVERS} > emcp:list-servers lists the demo's two servers as enabled and says that mcpctl is not running`,
      `${SERVERS} > emcp:list-servers lists the servers with their state and tools, as a table and as JSON`,
    ],
    "S2-010": [
      `${SERVERS} > emcp:test passes initialize and tools/list of every server, and leaves no child`,
      `${SERVERS} > emcp:test passes initialize and tools/list of every server`,
    ],
    "S2-011": [`${API_ROUTE} > POST /api/v1/mcp/content answers initialize as the content server, with its platform and toolset version`],
    "S2-055": [SYNC_WORKERS],
    "S2-056": [
      `${API_ROUTE} > POST /api/v1/mcp/content lists the nine canonical tools under their own names`,
      "src/gateway/builtin/content/content-server.test.ts > tools/list shows the nine canonical tools",
    ],
    "S2-058": [
      `${API_ROUTE} > a read tool called through POST /api/v1/mcp/content answers with meta.toolsetVersion`,
      `${API_ROUTE} > a caller's trace id comes back on its answer, and one that sends none gets one`,
      "src/gateway/builtin/content/content-server.test.ts > every result carries meta.toolsetVersion",
      "test/e2e/operations.test.ts > a browser's session opens the manager's route and a JWT the API's: initialize, the canonical tools, one that reads, its version and the trace",
    ],

    // Tokens.
    "S3-001": [
      "test/deploy/stateless-doc.test.ts > npm has scripts that test the stateless contract, under both names, and the guide says what they need",
    ],
    "S3-002": [
      WHOLE_CONTRACT,
      "test/deploy/workflow.test.ts > they check out, set up Buildx, install, build the image, prove it, and keep what was found whatever it was",
    ],
    "S3-003": [`${STATELESS}/test_basic_execution.test.ts > test_container_starts_with_stateless_constraints`, WHOLE_CONTRACT],
    "S3-004": [WHOLE_CONTRACT],
    "S3-005": [
      `${STATELESS_CHECKS} > every violation says what was expected, what was seen and what to do`,
      `${STATELESS}/test_whole_contract.test.ts > test_command_names_violations_and_leaves_a_bundle_without_secrets`,
    ],
    "S3-006": [`${STATELESS}/test_basic_execution.test.ts > test_container_starts_with_stateless_constraints`],
    "S3-007": [`${STATELESS}/test_basic_execution.test.ts > test_read_only_filesystem_enforced`],
    "S3-008": [`${STATELESS}/test_basic_execution.test.ts > test_security_options_configured`],
    "S3-009": [`${STATELESS}/test_basic_execution.test.ts > test_resource_limits_applied`],
    "S3-010": [`${STATELESS}/test_basic_execution.test.ts > test_mcp_server_responds_to_requests`],
    "S3-011": [`${STATELESS}/test_jwt_authentication.test.ts > test_jwt_required_environment_variable`],
    "S3-012": [
      `${STATELESS}/test_jwt_authentication.test.ts > test_request_without_jwt_rejected`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_server_that_accepts_requests_without_jwt`,
    ],
    "S3-013": [
      `${STATELESS}/test_jwt_authentication.test.ts > test_malformed_jwt_rejected`,
      `${STATELESS}/test_jwt_authentication.test.ts > test_untrusted_jwt_rejected`,
    ],
    "S3-014": [
      `${STATELESS}/test_jwt_authentication.test.ts > test_no_fallback_to_local_credentials`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_fallback_to_local_credentials`,
    ],
    "S3-015": [`${STATELESS}/test_concurrent_isolation.test.ts > test_concurrent_requests_are_all_answered`],
    "S3-016": [
      `${STATELESS}/test_concurrent_isolation.test.ts > test_no_state_leaks_between_concurrent_requests`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_data_that_leaks_between_principals`,
    ],
    "S3-017": [
      `${STATELESS}/test_concurrent_isolation.test.ts > test_no_state_leaks_between_concurrent_requests`,
      `${STATELESS}/test_jwt_authentication.test.ts > test_session_of_another_principal_is_unknown`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_session_that_anybody_may_use`,
    ],
    "S3-018": [
      `${STATELESS}/test_persistent_state.test.ts > test_behaviour_identical_across_restarts`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_state_that_outlives_a_restart`,
    ],
    "S3-019": [
      `${STATELESS}/test_persistent_state.test.ts > test_no_cached_data_persists`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_volume_and_what_it_keeps`,
    ],
    "S3-020": [`${STATELESS}/test_persistent_state.test.ts > test_tmpfs_cleared_on_restart`],
    "S3-021": [
      `${STATELESS}/test_persistent_state.test.ts > test_no_warm_start_effects`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_warm_start_effects`,
    ],
    "S3-022": [
      `${STATELESS}/test_basic_execution.test.ts > test_no_filesystem_writes_outside_tmpfs`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_filesystem_writes_outside_tmpfs`,
    ],
    "S3-023": [
      `${STATELESS}/test_filesystem_writes.test.ts > test_nothing_is_written_to_the_read_only_root`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_writes_that_a_read_only_root_hides`,
    ],
    "S3-024": [
      `${STATELESS}/test_filesystem_writes.test.ts > test_nothing_would_be_written_to_a_writable_root`,
      `${STATELESS_CHECKS} > what the engine writes at each start is no violation`,
    ],
    "S3-025": [`${STATELESS}/test_resource_constraints.test.ts > test_operates_within_memory_limit`],
    "S3-026": [`${STATELESS}/test_resource_constraints.test.ts > test_cpu_limit_enforced`],
    "S3-027": [
      `${STATELESS}/test_resource_constraints.test.ts > test_resource_exhaustion_is_survived`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_server_that_dies_of_a_large_body`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_server_that_is_killed_for_its_memory`,
    ],
    "S3-028": [
      `${STATELESS}/test_security_hardening.test.ts > test_all_capabilities_dropped`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_privileged_container`,
    ],
    "S3-029": [
      `${STATELESS}/test_security_hardening.test.ts > test_no_new_privileges`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_container_without_constraints`,
    ],
    "S3-030": [
      `${STATELESS}/test_security_hardening.test.ts > test_root_filesystem_is_read_only`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_container_without_constraints`,
    ],
    "S3-031": [
      `${STATELESS}/test_security_hardening.test.ts > test_tmpfs_for_temporary_storage_only`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_volume_that_the_image_declares`,
    ],
    "S3-032": [`${STATELESS_REPORT} > the banner counts what passed and says how long it took`, WHOLE_CONTRACT],
    "S3-033": [
      `${STATELESS_CHECKS} > a write outside tmpfs is told with its paths, the requirements and four recommendations`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_filesystem_writes_outside_tmpfs`,
    ],
    "S3-034": [
      `${STATELESS_CHECKS} > a request that was let in without a token is told with what was expected, what came and the risk`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_server_that_accepts_requests_without_jwt`,
    ],
    "S3-035": [
      `${STATELESS_CHECKS} > privilege escalation is told with the option that is missing`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_container_without_constraints`,
    ],
    "S3-036": [`${STATELESS_CHECKS} > every violation says what was expected, what was seen and what to do`],
    "S3-037": [`${STATELESS}/test_jwt_authentication.test.ts > test_missing_jwt_error_is_clear`],
    "S3-038": [`${STATELESS}/test_filesystem_writes.test.ts > test_home_is_in_tmpfs`],
    "S3-039": [
      "src/main/tracing-settings.test.ts > nothing is traced until a collector is named, nor where OpenTelemetry is switched off",
      `${STATELESS}/test_filesystem_writes.test.ts > test_nothing_would_be_written_to_a_writable_root`,
    ],
    "S3-040": [
      `${STATELESS_DOC} runs files and functions that there are`,
      `${STATELESS}/test_basic_execution.test.ts > test_mcp_server_responds_to_requests`,
    ],
    "S3-041": [
      `${STATELESS_DOC} runs files and functions that there are`,
      `${STATELESS}/test_jwt_authentication.test.ts > test_request_without_jwt_rejected`,
    ],
    "S3-042": [
      `${STATELESS_DOC} runs files and functions that there are`,
      `${STATELESS}/test_persistent_state.test.ts > test_behaviour_identical_across_restarts`,
    ],
    "S3-043": [
      `${STATELESS_DOC} runs files and functions that there are`,
      `${STATELESS}/test_negative_cases.test.ts > test_suite_finds_nothing_in_a_server_that_keeps_the_contract`,
    ],
    "S3-044": [
      `${STATELESS_DOC} runs files and functions that there are`,
      `${STATELESS}/test_basic_execution.test.ts > test_container_starts_with_stateless_constraints`,
    ],
    "S3-045": [
      `${STATELESS_DOC} runs files and functions that there are`,
      `${STATELESS}/test_jwt_authentication.test.ts > test_jwt_required_environment_variable`,
    ],
    "S3-046": [
      `${STATELESS_DOC} runs files and functions that there are`,
      `${STATELESS}/test_basic_execution.test.ts > test_no_filesystem_writes_outside_tmpfs`,
    ],
    "S3-047": [`${STATELESS_DOC} runs files and functions that there are`],
    "S3-048": [`${STATELESS}/test_basic_execution.test.ts > test_container_starts_with_stateless_constraints`],
    "S3-049": [`${STATELESS}/test_negative_cases.test.ts > test_detects_container_without_constraints`],
    "S3-050": [`${STATELESS}/test_jwt_authentication.test.ts > test_missing_jwt_error_is_clear`],
    "S3-051": [`${STATELESS}/test_filesystem_writes.test.ts > test_nothing_is_written_to_the_read_only_root`],
    "S3-052": [`${STATELESS_DOC} has the commands of debugging, and how a container is kept`],
    "S3-053": [`${STATELESS_DOC} runs files and functions that there are`],
    "S3-054": [
      `${STATELESS_DOC} has the commands of debugging, and how a container is kept`,
      `${STATELESS}/test_whole_contract.test.ts > test_command_names_violations_and_leaves_a_bundle_without_secrets`,
    ],
    "S3-055": [
      "test/deploy/stateless-doc.test.ts > npm has scripts that test the stateless contract, under both names, and the guide says what they need",
    ],
    "S3-056": [
      "test/deploy/workflow.test.ts > they check out, set up Buildx, install, build the image, prove it, and keep what was found whatever it was",
    ],
    "S3-057": [`${STATELESS_DOC} runs files and functions that there are`],
    "S3-058": ["test/deploy/workflow.test.ts > the stateless tests run on every push and every pull request, and may only read"],
    "S3-059": [
      "test/deploy/workflow.test.ts > they check out, set up Buildx, install, build the image, prove it, and keep what was found whatever it was",
    ],
    "S3-060": [WHOLE_CONTRACT],
    "S3-061": [WHOLE_CONTRACT],
    "S3-062": [WHOLE_CONTRACT],
    "S3-063": [WHOLE_CONTRACT, `${STATELESS_REPORT} > the text has each check, each violation, the measurements and the banner at its end`],
    "S3-064": [WHOLE_CONTRACT],
    "S3-065": [
      `${STATELESS_DOC} has an entry for each failure that is no verdict, and the order in which to look`,
      `${STATELESS}/test_negative_cases.test.ts > test_detects_server_that_cannot_start_under_the_contract`,
    ],
    "S3-066": [`${STATELESS_DOC} has an entry for each failure that is no verdict, and the order in which to look`],
    "S3-067": [`${STATELESS_DOC} has an entry for each failure that is no verdict, and the order in which to look`],
    "S3-068": [
      `${STATELESS_CHECKS} > what the engine writes at each start is no violation`,
      `${STATELESS_DOC} names the writes that are no violation, and the contract's own limits`,
    ],
    "S3-069": [`${STATELESS_DOC} has an entry for each failure that is no verdict, and the order in which to look`],
    "S3-070": [`${STATELESS_DOC} leads to production, and production's guide back to it`],
    "S3-071": [`${STATELESS_DOC} has an entry for each failure that is no verdict, and the order in which to look`],
    "S4-013": [`${TOKEN} > generateToken gives the prefix and 43 base62 characters, never the same twice`],
    "S4-014": [`${TOKEN} > hashToken is the SHA-256 of the raw token in hex`],
    "S4-015": [`${TOKEN} > isMcpToken knows a token by its shape alone`],
    "S4-016": [`${TOKEN} > timingSafeEqualHex is true for equal hex and false for all else`],
    "S4-017": [`${TOKEN} > TOKEN_PREFIX starts what a list may show, and no more than four characters follow it`],

    // mcpctl test mcp, and the client under it.
    "S4-008": [
      "src/mcp/client/mcp-http-session.sdk.test.ts > a whole session: initialize, list, call, close",
      `${TEST_MCP_E2E} > on the project's route, on the token's own route and on the route of one server`,
    ],
    "S4-065": [
      `${CLIENT} > a session says who it is, then sends its id and the negotiated version with every request`,
      `${CLIENT} > all pages of tools are read, and pages that go in a circle are a fault`,
      `${CLIENT} > close ends the session once, survives a server that will not, and stops what is under way`,
    ],
    "S4-066": [
      "src/mcp/client/mcp-http-session.tls.test.ts > a session runs over https with a certificate that is trusted",
      `${CLIENT} > a stream may bring progress, other replies and the server's own requests before the reply`,
      `${CLIENT} > replies that share one body each reach the request that asked, the body's own one %s`,
      "src/mcp/sse.test.ts > any cutting of a stream, even inside a character, gives the same events",
    ],
    "S4-067": [
      `${CLIENT} > %s breaks the protocol`,
      `${CLIENT} > HTTP %d is transport and says what the server said`,
      `${CLIENT} > a JSON-RPC error is thrown with its own code and data`,
    ],
    "S4-068": [
      "src/mcp/client/endpoint-url.test.ts > the base of %s is %s",
      "src/mcp/client/mcp-health-check.test.ts > 2xx at /healthz is healthy, with or without a slash at the end of the base",
    ],
    "S4-069": [
      `${TEST_MCP} > env token fallback: $MCPCTL_TOKEN is used where --token is not given`,
      `${TEST_MCP_E2E} > with the token from --token, or from MCPCTL_TOKEN`,
    ],
    "S4-070": [
      `${TEST_MCP} > happy: a good endpoint passes with exit code 0 and a line for each step`,
      `${TEST_MCP_E2E} > with a tool that is called with --args, tools that are expected, and a report in JSON`,
    ],
    "S4-071": [
      `${TEST_MCP} > invalid --args: exit code 2 and nothing is sent`,
      `${TEST_MCP_E2E} > with a tool that is called with --args, tools that are expected, and a report in JSON`,
    ],
    "S4-072": [
      `${TEST_MCP} > expect-tools miss: exit code 2, the missing named, the nearest as a hint`,
      `${TEST_MCP} > expect-tools hit: exit code 0 when all are listed`,
      `${TEST_MCP_E2E} > for an expected tool that is not there, which it names`,
    ],
    "S4-073": [`${TEST_MCP_FLAGS} > --timeout %s is %d ms`, `${TEST_MCP_E2E} > for a call that takes longer than --timeout`],
    "S4-074": [
      `${TEST_MCP} > json report: one JSON document on standard output and nothing else anywhere`,
      `${TEST_MCP_E2E} > with a tool that is called with --args, tools that are expected, and a report in JSON`,
    ],
    "S4-075": [
      `${TEST_MCP} > health preflight failure: exit code 1 before any MCP, and --no-health goes on without it`,
      `${TEST_MCP_E2E} > with --no-health no health check is made`,
    ],
    "S4-076": [
      `${TEST_MCP} > transport throw: a fetch that throws is exit code 1 with its reason`,
      `${TEST_MCP} > tool isError: exit code 2 with the tool's own text`,
      `${TEST_MCP_E2E} > for a token that opens nothing: the message has 401`,
      `${TEST_MCP_E2E} > for another project's token: the message has 403`,
      `${TEST_MCP_E2E} > for a tool that answers with isError`,
    ],
    "S4-077": [
      `${TEST_MCP} > happy: a good endpoint passes with exit code 0 and a line for each step`,
      `${TEST_MCP} > health preflight failure: exit code 1 before any MCP, and --no-health goes on without it`,
      `${TEST_MCP} > expect-tools miss: exit code 2, the missing named, the nearest as a hint`,
      `${TEST_MCP} > expect-tools hit: exit code 0 when all are listed`,
      `${TEST_MCP} > transport throw: a fetch that throws is exit code 1 with its reason`,
      `${TEST_MCP} > tool isError: exit code 2 with the tool's own text`,
      `${TEST_MCP} > json report: one JSON document on standard output and nothing else anywhere`,
      `${TEST_MCP} > env token fallback: $MCPCTL_TOKEN is used where --token is not given`,
      `${TEST_MCP} > invalid --args: exit code 2 and nothing is sent`,
    ],

    // Who may do what.
    "S1-136": [
      `${CLI_LOGIN} > login saves the session in a file that only its owner can read, and later commands use it`,
      `${CLI_LOGIN} > login asks for user name and password where somebody is there, and shows no password`,
      `${CLI_LOGIN} > login without a person reads user name and password file from the environment`,
      `${CLI_LOGIN} > login without a person reads user name and password file from the configuration`,
    ],
    "S4-002": [
      `${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`,
      `${CLI_GET} > get mcptokens has the columns NAME, PROJECT, PREFIX, CREATED, LAST USED, EXPIRES and STATUS`,
      `${CLI_GET} > get mcptoken NAME -p PROJECT shows the one`,
      `${CLI_DELETE} > delete mcptoken NAME -p PROJECT deletes the one of that project`,
    ],
    "S4-007": [
      `${CLI_CREATE} > create rbac: the old flag %s is gone, and its refusal says what to write`,
      `${CLI_CREATE} > create rbac: a role on a whole kind`,
    ],
    "S4-029": [
      `${CLI_CREATE} > create rbac: --subject may be repeated and be a user, a group or a token`,
      `${CLI_CREATE} > create rbac: --roleBindings may be repeated`,
    ],
    "S4-030": [`${CLI_CREATE} > create rbac: a role on a whole kind`],
    "S4-031": [`${CLI_CREATE} > create rbac: a role on the one that is named`],
    "S4-032": [`${CLI_CREATE} > create rbac: an action`],
    "S4-033": [`${CLI_CREATE} > create rbac: the old flag %s is gone, and its refusal says what to write`],
    "S4-034": [
      `${CLI_BINDINGS} > a binding without a name is on the whole kind`,
      `${CLI_BINDINGS} > a binding with a name is on the one of that name`,
      `${CLI_BINDINGS} > a binding may be an action`,
    ],
    "S4-035": [
      `${CLI_BINDINGS} > a binding without a name is on the whole kind`,
      `${CLI_BINDINGS} > a binding with a name is on the one of that name`,
      `${CLI_BINDINGS} > a binding may be an action`,
      `${CLI_BINDINGS} > space around parts, keys and values does not count`,
      `${CLI_BINDINGS} > a part without a value is refused`,
      `${CLI_BINDINGS} > an unknown key is refused, with the nearest known one`,
      `${CLI_BINDINGS} > an action beside anything else is refused`,
      `${CLI_BINDINGS} > a binding without a role is refused`,
      `${CLI_BINDINGS} > a binding without a resource is refused`,
    ],
    "S4-036": [
      `${CLI_CREATE} > create rbac: --subject may be repeated and be a user, a group or a token`,
      `${CLI_CREATE} > create rbac: --roleBindings may be repeated`,
      `${CLI_CREATE} > create rbac: a role on a whole kind`,
      `${CLI_CREATE} > create rbac: a role on the one that is named`,
      `${CLI_CREATE} > create rbac: an action`,
      `${CLI_CREATE} > create rbac: the old flag %s is gone, and its refusal says what to write`,
      `${CLI_CREATE} > create rbac: a subject that is none is refused`,
      `${CLI_CREATE} > create rbac: a binding that is none is refused`,
    ],
    "S4-037": [
      `${CLI_COMPLETION} > completions/mcpctl.%s is what 'mcpctl completion' prints`,
      `${CLI_COMPLETION} > the completions for %s offer --roleBindings, and neither --binding nor --operation`,
    ],
    "S4-038": [
      `${CLI_APPLY} > the YAML shape of role bindings is roleBindings: [{role, resource, name} or {action}]`,
      `${RBAC} > a definition keeps the shape in which it was given: subjects of kind and name, roleBindings of role and resource or action`,
    ],
    "S4-046": [
      `${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`,
      `${TOKENS_E2E} > a token is made, tested, seen in the audit log and revoked, and the next call fails`,
    ],
    "S4-047": [
      `${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`,
      `${CLI_CREATE} > create mcptoken without more is a token without rights that does not expire`,
    ],
    "S4-048": [
      `${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`,
      `${TOKENS_E2E} > a token may call the two servers that it is bound to and no third, for its time`,
    ],
    "S4-049": [
      `${CLI_CREATE} > create mcptoken --ttl %s`,
      `${CLI_TTL} > %s ends at %s`,
      `${CLI_TTL} > what lives for ever ends never`,
      `${CLI_TTL} > '%s' is refused`,
    ],
    "S4-050": [`${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`],
    "S4-051": [
      `${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`,
      `${TOKEN_STORE} > \${engine}: replacing revokes the token that has the name, its definition too, in one change`,
    ],
    "S4-052": [`${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`],
    "S4-053": [`${CLI_GET} > get mcptokens has the columns NAME, PROJECT, PREFIX, CREATED, LAST USED, EXPIRES and STATUS`],
    "S4-054": [`${CLI_GET} > get mcptoken NAME -p PROJECT shows the one`],
    "S4-055": [`${CLI_DELETE} > describe mcptoken shows its automatic definition mcptoken-<id> and its bindings`],
    "S4-056": [`${CLI_DELETE} > delete mcptoken NAME -p PROJECT deletes the one of that project`],
    "S4-057": [`${CLI_GET} > %s of a token by name takes a project, by id none`],
    "S4-058": [
      `${CLI_APPLY} > documents are applied in the order in which one needs the other, with a summary`,
      `${CLI_APPLY} > what is so already is unchanged, and a token that is there is left alone`,
    ],
    "S4-059": [`${CLI_GET} > %s is a word for mcptokens`],
    "S4-060": [
      `${CLI_STRIP} > internal, secret and derived fields are dropped, and projectName becomes project`,
      `${CLI_APPLY} > get -o yaml of every kind, applied again, changes nothing`,
      `${TOKENS_E2E} > what get -o yaml prints changes nothing when it is applied`,
    ],
    "S4-064": [
      `${CLI_COMPLETION} > the completions for %s offer every flag of create mcptoken, also under its other name, and those of test mcp`,
      `${CLI_COMPLETION} > completions/mcpctl.%s is what 'mcpctl completion' prints`,
    ],
    "S4-105": [
      `${CLI_CREATE} > create project --force leaves one that is there as it is and succeeds`,
      `${TOKENS_E2E} > a token is made, tested, seen in the audit log and revoked, and the next call fails`,
    ],
    "S4-106": [
      `${CLI_CREATE} > create mcptoken prints the raw token as the only line of standard output, and the rest on standard error`,
      `${TOKENS_E2E} > a token is made, tested, seen in the audit log and revoked, and the next call fails`,
    ],
    "S4-119": [
      `${CLI_CREATE} > mcpctl create mcptoken --help renders every flag with examples`,
      "src/cli/program.test.ts > mcpctl test mcp --help shows every flag, the exit codes and the environment",
    ],
    "S1-064": [
      `${AGENT}/bearer-of.test.ts > the bearer is extracted from the metadata, whatever the case of its scheme`,
      "src/agent/rpc/agent-listener.test.ts > without a valid token every kind of RPC is UNAUTHENTICATED, with none of the roles PERMISSION_DENIED, and nothing is asked of the agent",
    ],
    "S1-065": [
      `${AGENT}/token-validator.test.ts > same token within 30 s returns the cached result, also where the provider says another thing by then or is away`,
      `${AGENT}/token-validator.test.ts > the cache knows tokens apart by every character`,
    ],
    "S1-066": [
      `${AGENT}/authorize-rpc.test.ts > non-admin token → PERMISSION_DENIED`,
      "test/e2e/agent-auth.test.ts > an administrator's log-in at mcpd opens an agent's RPC, another user's does not, and mcpd's other credentials are none",
      "src/agent/rpc/agent-listener.test.ts > a role opens what takes it, and no more",
    ],
    "S1-067": [
      `${AGENT}/authorize-rpc.test.ts > audit entry on every RPC: method, caller, timestamp and outcome`,
      "src/agent/rpc/agent-listener.test.ts > every RPC is in the audit when it comes; one that changes something, or fails, when it has ended too",
    ],
    "S1-068": [
      `${AGENT}/authorize-rpc.test.ts > missing token → UNAUTHENTICATED`,
      `${AGENT}/authorize-rpc.test.ts > non-admin token → PERMISSION_DENIED`,
      "src/agent/rpc/agent-listener.test.ts > without a valid token every kind of RPC is UNAUTHENTICATED, with none of the roles PERMISSION_DENIED, and nothing is asked of the agent",
    ],
    "S1-069": [`${AGENT}/log-in.test.ts > a log-in gives the token that the identity provider answers with`],
    "S1-070": [`${AGENT}/token-file.test.ts > token file read and write: what is saved comes back, and only its owner can read it (0600)`],
    "S1-071": [
      `${AGENT}/authorize-rpc.test.ts > missing token → UNAUTHENTICATED`,
      "src/agent/rpc/agent-listener.test.ts > without a valid token every kind of RPC is UNAUTHENTICATED, with none of the roles PERMISSION_DENIED, and nothing is asked of the agent",
    ],
    "S1-072": [
      `${AGENT}/authorize-rpc.test.ts > invalid token → UNAUTHENTICATED`,
      "src/agent/rpc/agent-listener.test.ts > without a valid token every kind of RPC is UNAUTHENTICATED, with none of the roles PERMISSION_DENIED, and nothing is asked of the agent",
    ],
    "S1-073": [
      `${AGENT}/authorize-rpc.test.ts > non-admin token → PERMISSION_DENIED`,
      "src/agent/identity/authorize-rpc.test.ts > a principal with none of the roles view, operate, admin is denied everything",
    ],
    "S1-074": [
      `${AGENT}/token-validator.test.ts > same token within 30 s returns the cached result, also where the provider says another thing by then or is away`,
    ],
    "S1-075": [
      `${AGENT}/token-file.test.ts > token file read and write: what is saved comes back, and only its owner can read it (0600)`,
      `${AGENT}/token-file.test.ts > a file with mode %o is not read: others may know its token`,
    ],
    "S1-076": [
      `${AGENT}/authorize-rpc.test.ts > audit entry on every RPC: method, caller, timestamp and outcome`,
      "src/agent/rpc/agent-listener.test.ts > every RPC is in the audit when it comes; one that changes something, or fails, when it has ended too",
    ],
    "S1-077": [`${AGENT}/token-validator.test.ts > a token is validated by the identity provider, which says whose it is`],
    "S2-001": ["test/architecture/docs.test.ts > docs/OPERATIONS.md names the target profile, and scripts, keys and codes that there are"],
    "S2-002": [DISPATCH_ROUTES],
    "S2-003": [
      WORKER_BESIDE,
      "src/control/task/task-keeper.test.ts > a queue that takes none, or has no worker, leaves the call to its request or refuses it, and keeps nothing",
    ],
    "S2-004": [
      "src/control/task/task-keeper.test.ts > a queue that takes none, or has no worker, leaves the call to its request or refuses it, and keeps nothing",
      WORKER_BESIDE,
      "src/control/task/pgboss/pgboss-queue.test.ts > where pg-boss is gone nothing is queued, and no row is left",
    ],
    "S2-017": [
      SYNC_WORKERS,
      `src/control/worker/worker-store.contract.ts > \${engine}: a worker registers itself once, follows its build, and leaves others alone`,
    ],
    "S2-018": [
      `src/control/worker/worker-store.contract.ts > \${engine}: a worker registers itself once, follows its build, and leaves others alone`,
      SYNC_WORKERS,
    ],
    "S2-019": [
      "src/control/task/task-keeper.test.ts > a queue that takes none, or has no worker, leaves the call to its request or refuses it, and keeps nothing",
      "src/control/task/pgboss/pgboss-queue.test.ts > where pg-boss is gone nothing is queued, and no row is left",
    ],
    "S2-020": [
      ASYNC_SEARCH,
      "src/cli/dispatch/dispatch-command.test.ts > a call goes to the server's route with the log-in, under a key that is made and said",
    ],
    "S2-021": [ASYNC_SEARCH, DISPATCH_ROUTES],
    "S2-022": [ASYNC_SEARCH],
    "S2-023": [
      ASYNC_SEARCH,
      "test/e2e/dispatch-command.test.ts > a call that waits or runs is listed, its waiting ends with Ctrl-C without it, and it is canceled",
    ],
    "S2-024": [WORKER_BESIDE, DISPATCH_ROUTES],
    "S2-025": [ASYNC_SEARCH, DISPATCH_ONCE],
    "S2-026": [ASYNC_SEARCH, DISPATCH_ONCE],
    "S2-027": [ASYNC_SEARCH, DISPATCH_ONCE],
    "S2-028": [ASYNC_SEARCH, DISPATCH_ROUTES],
    "S2-005": ["src/main/gateway-config.test.ts > every key of a gateway reaches what it follows"],
    "S2-006": [
      "test/e2e/operations.test.ts > manager alone: its route works, the API's is not there",
      "src/gateway/manager.test.ts > manager alone: the manager's route works and the API's is not there",
    ],
    "S2-007": [
      "test/e2e/operations.test.ts > API alone, at a base of its own: it works with a JWT's scopes, the manager's route is not there",
    ],
    "S2-008": [
      "test/e2e/operations.test.ts > a browser's session opens the manager's route and a JWT the API's: initialize, the canonical tools, one that reads, its version and the trace",
    ],
    "S2-014": [
      "test/e2e/api-jwt.test.ts > no JWT, one that is malformed and one that was tampered with are 401",
      "src/gateway/access/policy-of-access.test.ts > takes mcp:admin, and is unknown to those who have it",
    ],
    "S2-015": [
      "test/e2e/operations.test.ts > a burst is 429 with Retry-After from the first call over the limit on, the server's own limit coming first",
      "src/gateway/rate/rate.test.ts > the configuration's limit holds on every route, and a burst is refused from the first call over it on, each time alike",
    ],
    "S2-016": [
      "src/gateway/rate/rate-rule.test.ts > a server's own limit comes before the installation's, in either direction, and 0 lifts it",
      "src/gateway/rate/rate.test.ts > by default 600 calls a minute pass, and 0 turns limits off, for all servers or for one",
    ],
    "S2-029": ["src/gateway/stream/streaming.test.ts > takes streams from this server alone, or gives them to it alone"],
    "S2-030": ["test/e2e/proxy.test.ts > a stream's first word and its heartbeats come through as they are sent"],
    "S2-031": [
      "src/gateway/stream/streaming.test.ts > an attempt to stream is refused before anything is carried out, on every route",
      "test/e2e/operations.test.ts > where streams are off an attempt is refused, and JSON is answered",
      "src/gateway/listen/listen.test.ts > whoever asks where streams are off, with 403",
    ],
    "S2-032": [
      "src/gateway/stream/streaming.test.ts > who takes a stream alone gets one on every route, which no proxy holds back and which says how it is kept",
    ],
    "S2-033": ["test/e2e/operations.test.ts > a stream says how it is kept, and its heartbeats come"],
    "S2-034": [
      "src/gateway/stream/streaming.test.ts > an answer that takes long begins as a stream, and heartbeats come as often as it says",
      "src/gateway/stream/streaming.test.ts > ends a call with an error on the stream, and the server is told",
      "src/gateway/stream/streaming.test.ts > cancels the call at its server, by default",
      "src/gateway/stream/streaming.test.ts > leaves the call to its end where that is configured",
    ],
    "S2-037": [
      "test/e2e/api-route.test.ts > GET of the single-server route is 405 with Allow, and an unknown server is 404",
      "src/gateway/pipeline.test.ts > a server that the token's project has not is 404 like one that does not exist",
    ],
    "S2-038": ["test/e2e/operations.test.ts > GET on a route of one server is 405, and what may be done is named"],
    "S2-039": [ASYNC_SEARCH, DISPATCH_ROUTES],
    "S2-040": [
      "src/gateway/govern/limits.test.ts > over the installation's limit is 413, on each route",
      "src/gateway/govern/limits.test.ts > with more bytes than the limit is 413 result_too_large, as %s",
      "src/gateway/upstream/http/http-upstream.test.ts > a body over the limit of results is 413 before anything of it goes out, one that would be %s too",
    ],
    "S2-041": ["test/e2e/operations.test.ts > a body over the limit is 413, headers over theirs 431, and another content type 415"],
    "S2-042": [
      "test/e2e/operations.test.ts > a burst is 429 with Retry-After from the first call over the limit on, the server's own limit coming first",
    ],
    "S2-043": ["src/gateway/http/gateway-handler.test.ts > what fails inside is 500 without a detail, which goes to the log"],
    "S2-044": ["test/e2e/npm-scripts.test.ts > check, test and ci:check are there, and ci:check is the whole run"],
    "S2-045": ["test/e2e/npm-scripts.test.ts > check, test and ci:check are there, and ci:check is the whole run"],
    "S2-046": ["test/e2e/npm-scripts.test.ts > check, test and ci:check are there, and ci:check is the whole run"],
    "S2-047": [
      "test/e2e/servers.test.ts > emcp:test takes the route that there is: the API's where it is moved, the manager's where there is no other",
    ],
    "S2-048": [
      "test/e2e/operations.test.ts > a browser's session opens the manager's route and a JWT the API's: initialize, the canonical tools, one that reads, its version and the trace",
    ],
    "S2-049": [
      "test/e2e/operations.test.ts > a burst is 429 with Retry-After from the first call over the limit on, the server's own limit coming first",
    ],
    "S2-057": [
      "test/e2e/operations.test.ts > a browser's session opens the manager's route and a JWT the API's: initialize, the canonical tools, one that reads, its version and the trace",
    ],
    "S4-010": [
      "src/gateway/resilience/server-watch.test.ts > asks every running server for its tools when nobody has called it for a while, without any setting",
      "src/gateway/resilience/server-watch.test.ts > that is not answered makes a server degraded, several failed, and one that is makes it ready again",
      "test/e2e/hung-server.test.ts > a server that is running and hangs is found out without a call: degraded, then failed, refused at once, and ready when it goes on",
    ],
    "S4-078": [
      "test/architecture/entries.test.ts > mcplocal has two entries, and neither holds what the other is made of",
      "test/architecture/entries.test.ts > the entry that speaks HTTP reads no standard input, over all that it is made of",
      "src/cli/mcplocal-program.test.ts > serve speaks HTTP alone: it has no flag for a server to start",
    ],
    "S4-079": [
      "test/e2e/gateway-entry.test.ts > the environment alone says where it listens and where mcpd is; it speaks HTTP there and nothing on its standard streams",
      "test/e2e/gateway-entry.test.ts > without mcpd's URL it does not start: exit code 2, and it says which variable is missing",
    ],
    "S4-110": [
      "test/architecture/entries.test.ts > the entry that speaks HTTP reads no standard input, over all that it is made of",
      "test/e2e/gateway-entry.test.ts > the environment alone says where it listens and where mcpd is; it speaks HTTP there and nothing on its standard streams",
    ],
    "S4-111": [
      "test/architecture/entries.test.ts > mcplocal has two entries, and neither holds what the other is made of",
      "test/e2e/stdio-bridge.test.ts > lines that are piped in without waiting are answered in one go, and it ends",
    ],
    "S4-122": [
      "test/architecture/entries.test.ts > the entry that speaks HTTP says at its head that it holds no identity and passes on its caller's bearer",
    ],
    "S2-012": [
      `${JWT_E2E} > a JWT with scopes opens the route of one server: initialize is 200 with the headers Authorization and Content-Type alone`,
    ],
    "S2-013": [
      `${JWT_E2E} > a JWT with scopes opens the route of one server: initialize is 200 with the headers Authorization and Content-Type alone`,
      `${ACCESS} > a JWT with scopes initializes a server with the documented body and calls its tools, without an Accept header`,
    ],
    "S2-035": [
      `${JWT_E2E} > no JWT, one that is malformed and one that was tampered with are 401`,
      `${ACCESS} > a JWT that nobody vouches for is 401`,
      "test/e2e/operations.test.ts > the manager's list tells the servers, and a cookie from another page opens nothing",
    ],
    "S2-036": [
      `${JWT_E2E} > with mcp:call a tool is called, without it that is 403 scope_denied and lists still work`,
      `${ACCESS} > need run on the server, also where its tools are listed`,
      `${ACCESS} > others are refused with server_denied and are in no list`,
      "src/gateway/catalog/tool-policy.test.ts > are in no list and answer 403 tool_denied, by the configuration's patterns and the server's",
      "src/gateway/access/policy-of-access.test.ts > are in no list and answer 403 server_denied, on each route",
    ],
    "S2-050": [
      `${ACCESS} > opens a session, pings and notifies, and can do nothing else: deny by default`,
      `${WRITE_TOOLS} > tools that declare to write are not listed; those that declare to read, and those that declare nothing, are`,
      `${WRITE_TOOLS} > a call of one is refused with 403 tool_denied before the server hears of it, and the refusal says how to turn it on`,
      "test/e2e/write-tools.test.ts > by default refuses a tool that writes with 403 tool_denied, which is in the audit log, and nothing is written",
      "test/e2e/operations.test.ts > security is closed by default: no tool that writes is listed, an unmapped method takes mcp:admin, a token without rights opens nothing",
      "src/main/gateway-config.test.ts > security is closed by default: no tool that writes, and what no scope map names takes mcp:admin",
    ],
    "S2-052": [
      `${MATRIX} > the migration matrix passes on SQLite, which needs nothing`,
      `${MATRIX} > the migration matrix passes on \${server.title}, and leaves the database as empty as it was`,
      `${MATRIX} > the migration matrix says that a \${server.title} server cannot be reached, and starts none`,
    ],
    "S2-054": [
      `${JWT_E2E} > with mcp:call a tool is called, without it that is 403 scope_denied and lists still work`,
      "src/control/http/api-token-routes.test.ts > a password gives a JWT of an hour that opens what its user may, within its scopes",
    ],
    "S4-003": [
      `${CREATE_TOKEN} > the raw token is in the answer, and what is stored has its hash and no more than its head`,
      `${RESOLVE_TOKEN} > a token opens its project with its own bindings within its owner's, until it expires`,
    ],
    "S4-004": [`${RBAC} > a definition for McpToken:<sha> gives the token its bindings`],
    "S4-005": [
      `${CREATE_TOKEN} > a binding that the creator does not hold is refused by name, and nothing is made`,
      "test/property/token-ceiling.test.ts > of 1,000 creators and requests no token can do what its creator cannot, then and after they have lost rights",
    ],
    "S4-009": [
      `${CATALOG} > lists are read again in the background when they are old, and not before`,
      `${CATALOG} > a failed reading keeps what is known and is not repeated within its time`,
      `${CATALOG} > a first list waits for a reading, but for one that hangs only its moment and only once`,
      "src/gateway/resilience/isolation.test.ts > a server that never says what it offers holds up the first call and the first list, and none after them",
      "src/gateway/upstream/keep-connected.test.ts > while a try that follows a failed one is under way callers are refused at once; after a loss they wait for it",
      "test/e2e/isolation.test.ts > the project opens and lists the other twelve, and then lists them without waiting for anybody",
      "test/e2e/isolation.test.ts > no call to the other twelve fails while others call the eight, and all twenty are listed as they were",
    ],
    "S4-011": [`${TOKEN_STORE} > \${engine}: a token is found by its hash alone, with its project and its owner`],
    "S4-012": [`src/control/audit/sql-audit-store.test.ts > \${engine}: the token columns have indexes that a query by them can use`],
    "S4-018": [
      `${TOKEN_STORE} > \${engine}: a token is found by its id and by its name in its project, with the bindings of its definition`,
    ],
    "S4-019": [`${CREATE_TOKEN} > a binding that the creator does not hold is refused by name, and nothing is made`],
    "S4-020": [`${TOKEN_HTTP} > the raw token is in the answer to its creation, and in no other`],
    "S4-021": [`${CREATE_TOKEN} > the definition that is made for a token has the token's hash as its only subject`],
    "S4-022": [
      `${TOKEN_HTTP} > the raw token is in the answer to its creation, and in no other`,
      `${TOKEN_HTTP} > a list is filtered, sorted and paged as the query says`,
      `${END_TOKEN} > revoking deletes the token's definition and keeps its row; revoking again changes nothing`,
    ],
    "S4-023": [
      `${END_TOKEN} > a list shows what may be viewed, and refuses those who may view none`,
      "src/control/user/user-use-cases.test.ts > a user is found by id, by name and by email, and a name that looks like an id is a name",
    ],
    "S4-024": [`${TOKEN_HTTP} > a valid token learns by introspection who it is and what it may do`],
    "S4-025": [`${RBAC} > subjects are parsed, never guessed, and must exist`],
    "S4-026": [`${PERMISSION} > tokens, users, groups and role bindings are themselves what bindings are about`],
    "S4-027": [
      `${RESOLVE_TOKEN} > what its owner loses, the token loses; what they win back, it has again`,
      `${PERMISSION} > an intersection allows what both sides allow, and says the first side's binding`,
    ],
    "S4-028": [
      `${CREATE_TOKEN} > an empty token has the bindings that were given and no definition where there are none`,
      `${CREATE_TOKEN} > a clone has what its creator may do now besides, each binding once; an administrator's has everything`,
      `${CREATE_TOKEN} > a binding that the creator does not hold is refused by name, and nothing is made`,
      `${CREATE_TOKEN} > the definition that is made for a token has the token's hash as its only subject`,
      `${CREATE_TOKEN} > a name that an active token has is a conflict, with the way out in the hint; force takes its place`,
      `${TOKEN_HTTP} > a valid token learns by introspection who it is and what it may do`,
      `${TOKEN_HTTP} > unknown, malformed, expired, revoked and deleted tokens get one and the same answer`,
      `${END_TOKEN} > revoking deletes the token's definition and keeps its row; revoking again changes nothing`,
    ],
    "S4-039": [`${TOKEN_HTTP} > a token can be sent to mcpd itself, and reads what its bindings and its owner's let it read`],
    "S4-040": [`${AUTH_HTTP} > a log-in of the command line gives a bearer that opens what its user may, and is stored as its hash alone`],
    "S4-041": [
      `${TOKEN_HTTP} > the next call of a token that is %s is 401`,
      `${TOKEN_HTTP} > an unknown token is 401, and so is every token where no resolver takes tokens`,
    ],
    "S4-042": [`${RESOLVE_TOKEN} > a token opens its project with its own bindings within its owner's, until it expires`],
    "S4-043": [`${RESOLVE_TOKEN} > what its owner loses, the token loses; what they win back, it has again`],
    "S4-044": [
      `${TOKEN_HTTP} > a token reaches the paths of its own project alone, whatever its bindings`,
      "src/control/http/create-api.test.ts > a token opens the paths of its own project alone",
    ],
    "S4-045": [
      `${TOKEN_HTTP} > a token can be sent to mcpd itself, and reads what its bindings and its owner's let it read`,
      `${TOKEN_HTTP} > the next call of a token that is %s is 401`,
      `${TOKEN_HTTP} > an unknown token is 401, and so is every token where no resolver takes tokens`,
    ],
    "S4-061": [`${GATEWAY_AUDIT} > a tool call is one event with who, what, how it ended and how long it took, and no argument`],
    "S4-062": [
      `src/control/audit/sql-audit-store.test.ts > \${engine}: events are found by token name, token hash and every other filter, newest first`,
      "src/control/http/audit-routes.test.ts > events are listed newest first, filtered and paged",
    ],
    "S4-063": ["src/control/audit/audit-row.test.ts > an event has what its draft said, and is what the console reads"],
    "S4-080": [
      "src/gateway/pipeline.test.ts > a request without a token is 401 and says which kind of token is wanted",
      "src/gateway/pipeline.test.ts > on /mcp the project is the token's own, and a credential without one is 403",
      "src/gateway/identity/token-auth.test.ts > %s %s takes a token, and without one nothing is carried out",
      "src/gateway/identity/token-auth.test.ts > %s %s refuses a token of which mcpd knows nothing, and asks about it",
    ],
    "S4-082": [
      `${APART} > passes mcpctl test mcp, with the tools of a built-in and of a stdio server`,
      "src/gateway/identity/authenticate.test.ts > %s is asked about as it came, under any case of the scheme",
      "src/gateway/bare/introspect-at-mcpd.test.ts > a token is asked about with itself; inactive it opens nothing",
    ],
    "S4-083": [
      "src/gateway/identity/grant-cache.test.ts > a good answer serves for 30 s and a bad one for 5 s",
      "src/cli/mcplocal-program.test.ts > serve takes mcpd's URL, address, key file and cache times from the environment",
      `${APART} > a revoked token is 401 when its answer has grown old, and its open stream ends`,
      "src/gateway/identity/token-auth.test.ts > an answer about a token is kept under its hash, and the token itself nowhere",
    ],
    "S4-084": [
      "src/gateway/pipeline.test.ts > a malformed token is 401 and the message starts with Invalid token",
      "src/gateway/pipeline.test.ts > a token is 401 from the moment it expires, also where its grant is cached",
      "src/gateway/pipeline.test.ts > another project's token is 403, and cannot tell a project that exists from one that does not",
      `${APART} > refuses a token of another project, one without rights and one that is unknown`,
      "src/gateway/identity/authenticate.test.ts > %s is 401 and malformed, without a question",
    ],
    "S4-085": [`${GATEWAY_AUDIT} > a tool call is one event with who, what, how it ended and how long it took, and no argument`],
    "S4-087": [`${GATEWAY_AUDIT} > initialize binds a session to a principal, and says which program opened it`],
    "S4-001": [
      `${IMAGE} > serves under every stateless constraint, is healthy by its own word, and writes nothing`,
      `${MULTI_USER} > serves the built-in server on every route, within the scopes of the JWT, and writes nothing`,
    ],
    "S4-006": [
      `${K8S} > the gateway is Deployment mcplocal behind Service mcp, 80 to 3200, and an Ingress with TLS by a cluster's issuer`,
      `${K8S} > the cache is a volume of 10Gi that one node writes, at the path that the image declares`,
    ],
    "S4-086": [
      `${CACHE_DIR} > a bare gateway keeps lists for each caller apart, and none of their credentials`,
      `${CACHE_DIR} > an enrolled gateway lists the tools of a server that is away, after a restart; with memory alone it does not`,
    ],
    "S4-088": [
      `${IMAGE} > has a user of its own, one port, one volume, and a health check by the executable itself`,
      `${IMAGE} > holds the executable, its libraries and three small files, and no shell`,
    ],
    "S4-089": [
      `${IMAGE} > has a user of its own, one port, one volume, and a health check by the executable itself`,
      `${IMAGE} > its health check fails where nothing listens`,
    ],
    "S4-090": [
      `${IMAGE} > builds with the engine that is named and pushes to a registry where one is named`,
      `${IMAGE} > pushes nowhere unless a registry is named`,
    ],
    "S4-091": [
      `${FULLDEPLOY} > asks for drift, builds and pushes two images, rolls both out and makes the package, in this order`,
      `${FULLDEPLOY} > rolls the gateway out only where it has a deployment`,
      `${FULLDEPLOY} > --dry-run says what would be run and runs nothing, the smoke test too`,
    ],
    "S4-092": [
      `${CLI_COMPLETION} > the completions for %s offer every flag of create mcptoken, also under its other name, and those of test mcp`,
      "test/e2e/npm-scripts.test.ts > npm run serve starts a gateway apart from mcpd, and says what it is to be told",
    ],
    "S4-093": [
      `${SMOKE} > is skipped with a warning where no gateway answers, and is a failure where nothing may be skipped`,
      `${SMOKE} > is no part of npm test, and is what npm run smoke runs`,
    ],
    "S4-094": [`${SMOKE} > passes against mcpctl up, and deletes both of its projects`],
    "S4-095": [`${SMOKE} > passes against mcpctl up, and deletes both of its projects`],
    "S4-096": [`${SMOKE} > passes against mcpctl up, and deletes both of its projects`],
    "S4-097": [
      `${SMOKE} > passes against mcpctl up, and deletes both of its projects`,
      `${SMOKE} > passes against a gateway apart from mcpd, which hears of nothing by itself`,
    ],
    "S4-098": [`${K8S} > the gateway is Deployment mcplocal behind Service mcp, 80 to 3200, and an Ingress with TLS by a cluster's issuer`],
    "S4-099": [
      `${K8S} > the cache is a volume of 10Gi that one node writes, at the path that the image declares`,
      `${K8S} > take requests from the ingress and their own namespace, and never reach a cloud's metadata`,
    ],
    "S4-100": [
      `${K8S} > the gateway needs mcpd's URL alone, and has no secret and no volume of its own`,
      `${MULTI_USER} > a bare gateway needs mcpd's URL alone, and shows mcpd its callers' bearers as they came, and none of its own`,
    ],
    "S4-101": [
      `${K8S} > the gateway needs mcpd's URL alone, and has no secret and no volume of its own`,
      `${MULTI_USER} > a bare gateway needs mcpd's URL alone, and shows mcpd its callers' bearers as they came, and none of its own`,
    ],
    "S4-102": [`${MULTI_USER} > a token without rights cannot read its project's servers, by mcpd or by a gateway`],
    "S4-104": [`${FULLDEPLOY} > halts on drift, before anything is built`],
    "S4-121": [
      `${FILE_CACHE} > a text is there for its owner, also in the next process, and for nobody else`,
      `${FILE_CACHE} > the folder is made where it is not there, and one that cannot be written to is said so`,
    ],
    "S4-108": [`${TOKENS_E2E} > a token is made, tested, seen in the audit log and revoked, and the next call fails`],
    "S4-113": [
      `${TOKEN} > generateToken gives the prefix and 43 base62 characters, never the same twice`,
      `${CREATE_TOKEN} > the raw token is in the answer, and what is stored has its hash and no more than its head`,
    ],
    "S4-114": [
      `${RESOLVE_TOKEN} > a token goes with its project`,
      `src/control/project/sql-project-store.test.ts > \${engine}: a project that is deleted takes its tokens, their definitions and its prompts along, and says so`,
    ],
    "S4-115": [
      `${TOKEN_HTTP} > a token that is asked for by its name and project alone has no rights and no end`,
      `${CREATE_TOKEN} > an end a moment ahead, in ten years, and none at all are taken`,
    ],
    "S4-116": [
      `${CREATE_TOKEN} > an empty token has the bindings that were given and no definition where there are none`,
      `${CREATE_TOKEN} > a clone has what its creator may do now besides, each binding once; an administrator's has everything`,
      `${CREATE_TOKEN} > a binding that the creator does not hold is refused by name, and nothing is made`,
    ],
    "S4-117": [`${ACCESS} > opens a session, pings and notifies, and can do nothing else: deny by default`],
    "S4-120": [`${TOKEN_HTTP} > a token can be sent to mcpd itself, and reads what its bindings and its owner's let it read`],
  },

  superseded: {
    "S1-001": "docs/adr/0005-plan-prose-and-counts.md",
    "S1-002": "docs/adr/0005-plan-prose-and-counts.md",
    "S1-003": "docs/adr/0005-plan-prose-and-counts.md",
    "S4-112": "docs/adr/0001-bun-runs-it-npm-installs-it.md",
    "S4-118": "docs/adr/0005-plan-prose-and-counts.md",
    "S4-123": "docs/adr/0005-plan-prose-and-counts.md",
  },
};
