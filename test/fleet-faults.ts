/** One thing that goes wrong on a node or in a fleet. */
export interface FleetFault {
  readonly fault: string;
  /** The tests that prove that it is survived: "path/to/file.test.ts > title", the title as its file writes it. */
  readonly tests: readonly string[];
  /** What of it no test shows, and why. */
  readonly notShown?: string;
}

const AGENT_PROCESS = "test/e2e/fleet/agent-process.test.ts";
const KILLED = "test/e2e/fleet/agent-killed.test.ts";
const RESTARTED = "test/e2e/fleet/agent-restarted.test.ts";
const ON_DISK = "test/e2e/fleet/registry-on-disk.test.ts";
const UNDER_LOAD = "test/e2e/fleet/deploy-under-load.test.ts";
const CUT_OFF = "test/e2e/fleet/node-cut-off.test.ts";
const ADOPT_E2E = "test/e2e/fleet/adopt.test.ts";
const ENGINE_E2E = "test/e2e/fleet/engine.test.ts";
const MONITOR_E2E = "test/e2e/fleet/monitor.test.ts";
const FLAPPING = "test/e2e/fleet/flapping.test.ts";
const ALERT_COMMAND = "test/e2e/fleet/alert-command.test.ts";
const SERVICE_E2E = "test/e2e/runtime/podman-service.test.ts";
const RUNTIME_E2E = "test/e2e/runtime/faults.test.ts";
const PULLS = "test/e2e/runtime/pull-faults.test.ts";
const KILLED_WRITES = "test/property/agent/killed-agent.test.ts";
const MODEL = "test/property/agent/engine-model.test.ts";
const GARBAGE = "test/property/agent/port-garbage.test.ts";
const DEFINITIONS = "test/property/service-definition.test.ts";
const RACES = "test/security/slow/rule-15-symlink-race.test.ts";
const DEPLOY = "src/agent/engine/deploy.test.ts";
const LIFECYCLE = "src/agent/engine/lifecycle.test.ts";
const ROLLBACK = "src/agent/engine/rollback.test.ts";
const ENGINE_FAULTS = "src/agent/engine/runtime-faults.test.ts";
const MONITOR = "src/agent/monitor/monitor.test.ts";
const HEALING = "src/agent/monitor/healing.test.ts";
const ALERTS = "src/agent/monitor/alerts.test.ts";
const DECISIONS = "src/agent/monitor/decisions.test.ts";
const REGISTRY = "src/agent/registry/registry.contract.ts";
const SQLITE_REGISTRY = "src/agent/registry/sqlite/sqlite-registry.test.ts";
const OPEN_SQLITE = "src/store/sqlite/open-sqlite.test.ts";
const SNAPSHOT = "src/agent/snapshot/snapshot.test.ts";
const DEFINITION_OF = "src/agent/adopt/definition-of-container.test.ts";
const PLAN_ADOPTION = "src/agent/adopt/plan-adoption.test.ts";
const ADOPTION = "src/agent/adopt/adoption.test.ts";
const FILES = "src/agent/files/service-files.test.ts";
const FILE_PATH = "src/agent/files/service-path.test.ts";
const LISTENER = "src/agent/rpc/agent-listener.test.ts";
const AUTHORIZE = "src/agent/identity/authorize-rpc.test.ts";
const TOKENS = "src/agent/identity/token-validator.test.ts";
const EXPIRY = "src/agent/certificate/expiry-alarm.test.ts";
const CLIENT = "src/api/agent/agent-client.test.ts";
const STATE_COMMANDS = "src/cli/fleet/state-commands.test.ts";
const DEPLOY_COMMAND = "src/cli/fleet/deploy-command.test.ts";
const LOGS = "src/agent/logs/component-logs.test.ts";
const HELD_BACK = "src/agent/logs/held-back.test.ts";
const LIBPOD = "src/runtime/libpod/libpod-runtime.test.ts";
const PODMAN_SERVICE = "src/runtime/podman-service/podman-service.test.ts";
const START_AGENT = "src/main/start-agent.test.ts";

/** What a fleet is to survive, by its number, from 1 to 42. A table: as long as there are faults. */
export const FLEET_FAULTS: Readonly<Record<number, FleetFault>> = {
  // The life of an agent.
  1: {
    fault: "An agent is killed at each step of a deploy",
    tests: [
      `${KILLED_WRITES} > an agent that is killed \${when} any write to the engine, in \${each.name}, leaves nothing half done`,
      `${KILLED_WRITES} > an agent that is killed \${when} any write to its registry, in \${each.name}, leaves nothing half done`,
      `${MODEL} > an agent that is killed at any moment comes to the same in the end`,
      `${KILLED} > an agent that is killed at any step goes on when it is started again: one container serves, the new one, and who waits is told`,
      `${KILLED} > a deploy that its agent was killed in twice is not tried a third time: the version before serves`,
    ],
  },
  2: {
    fault: "An agent is started again and again beside a hundred containers",
    tests: [
      `${RESTARTED} > an agent that is started again and again, killed or stopped before, leaves its containers as they are and tells nothing of them`,
      `${MONITOR} > an agent that starts again beside a hundred running containers knows them all at once, and tells nothing`,
    ],
    notShown: "a hundred real containers: they would take a minute and a gigabyte of every run",
  },
  3: {
    fault: "Two agents are started on one data folder",
    tests: [
      `${AGENT_PROCESS} > an agent as a process: TLS, tokens, one for each folder, a snapshot meanwhile, SIGHUP, SIGTERM, a restore`,
      `${START_AGENT} > a second agent on the same data folder is refused, with who holds it, and leaves the first one alone`,
      `${SQLITE_REGISTRY} > a second agent on the same registry is refused, and may have it when the first has closed it`,
    ],
  },
  4: {
    fault: "Containers end, go and come by hand while the agent is down",
    tests: [
      `${RESTARTED} > what happened while the agent was down is told once each when it is back: one has ended, one is gone, one was made by hand`,
      `${MONITOR} > what happened while the agent was down is told once each when it is back, and what is nobody's is listed and left alone`,
    ],
  },
  5: {
    fault: "An agent is upgraded and goes back",
    tests: [
      `${SQLITE_REGISTRY} > a registry of a newer version is refused and left as it is`,
      `${SNAPSHOT} > a registry with its services comes back from a snapshot, and one of a newer version is refused`,
      `${RESTARTED} > an agent that is started again and again, killed or stopped before, leaves its containers as they are and tells nothing of them`,
    ],
    notShown: "two releases: there is one so far",
  },
  6: {
    fault: "An agent is stopped during a pull and a push",
    tests: [
      "test/e2e/fleet/agent-stopped.test.ts > an agent that is to stop ends a pull and a push that have no end, leaves no half of a file, and its successor finishes the deploy",
      `${LIFECYCLE} > an agent that ends interrupts what it does, and its successor finishes it`,
      `${FILES} > a push that is called off while its sender is silent ends at once and leaves nothing`,
    ],
  },

  // The container engine.
  7: {
    fault: "podman or its socket is missing",
    tests: [
      `${SERVICE_E2E} > a podman that cannot be started leaves a runtime that says so, and one that comes later is found`,
      `${PODMAN_SERVICE} > where podman is missing it is looked for with growing pauses, and found when it comes`,
      `${MONITOR} > an engine that is away leaves what is desired alone, is named as the node's problem, and is taken up again without a word`,
      `${START_AGENT} > why the engine cannot be asked is among the problems of its node`,
    ],
    notShown: "a socket without the right to it: agents and these tests run as root, whom no mode stops",
  },
  8: {
    fault: "podman's API service is killed during a deploy",
    tests: [
      `${SERVICE_E2E} > changes are carried out once each where the service is killed just before each of them`,
      `${SERVICE_E2E} > a service that is killed comes back by itself, and containers do not notice`,
      `${MONITOR_E2E} > an API service that is killed leaves the state unknown; what happened meanwhile is seen when it is back, and put right`,
      `${MODEL} > whichever call of the runtime fails or loses its answer, nothing is doubled and the next deploy puts it right`,
    ],
  },
  9: {
    fault: "The start of one container hangs, and with it the engine's list",
    tests: [
      `${MONITOR} > a container that holds up the engine's list is unknown alone; the others are looked at within two full looks`,
      `${MONITOR} > an engine that hangs as a whole is found out by a few of its containers, and does not cost the deadline of each`,
      `${LIBPOD} > one container that hangs keeps nobody from looking at the others`,
      `${STATE_COMMANDS} > a node whose container engine cannot be asked is known in part`,
    ],
    notShown: "a real OCI runtime that hangs: it would hold up everybody who shares podman's storage with the tests",
  },
  10: {
    fault: "conmon is killed",
    tests: [
      `${MONITOR_E2E} > a conmon that is killed is found by its pid, and a process that dies then counts as exited though podman says that it runs`,
      `${RUNTIME_E2E} > a monitor that was killed is told by its id, and its container can be removed`,
      `${MONITOR} > a killed conmon is drift by its name within two ticks, and its container counts as running`,
    ],
  },
  11: {
    fault: "A container is stopped while it flaps",
    tests: [
      `${FLAPPING} > a container that ends again and again is started ever later and told to flap once; when it is stopped meanwhile it stays stopped`,
      `${HEALING} > what is stopped while it flaps stays stopped`,
    ],
  },
  12: {
    fault: "A container ends again and again",
    tests: [
      `${FLAPPING} > a container that ends again and again is started ever later and told to flap once; when it is stopped meanwhile it stays stopped`,
      `${HEALING} > what should run is put right at once, then ever later, and a flood of restarts never comes: seven in the first minute`,
      `${HEALING} > what was flapping and runs on is told to be over, once, and counts its restarts`,
      `${DECISIONS} > more exits than the threshold within the window are flapping, and a whole quiet window ends it`,
    ],
  },
  13: {
    fault: "A name or a port is somebody else's",
    tests: [
      `${ENGINE_FAULTS} > a container of somebody else that has the name is left alone`,
      `${ENGINE_FAULTS} > a name that only the engine's storage knows is told from one that is taken, and the old version serves`,
      `${ENGINE_FAULTS} > what an engine has left under the name of the next container is removed, and the deploy goes on`,
      "test/e2e/runtime/ghost.test.ts > one that only the storage knows holds its name until it is removed by it",
      `${ENGINE_FAULTS} > whose a taken port is, is said: another component's, a left over container's, or a stranger's`,
      `${RUNTIME_E2E} > a port that a program holds which is no container is told`,
    ],
  },
  14: {
    fault: "A registry refuses, lies, breaks off or says nothing",
    tests: [
      `${PULLS} > a registry that refuses, knows no such image, lies about a layer, breaks off or talks nonsense has its words told, and leaves no image`,
      `${PULLS} > a registry that says nothing is waited for no longer than the caller wants, and is let go of`,
      `${LIBPOD} > a pull that fails within an answer of 200 fails: %s`,
      `${DEPLOY} > an image is pulled where it is missing, progress is told, and a failed pull leaves the others deployed`,
    ],
    notShown: "status 429 of a real registry: podman itself waits a minute before it says so",
  },
  15: {
    fault: "Events are lost, doubled, cut off or a flood",
    tests: [
      `${MONITOR} > events that are %s leave the right state after the next full look, told once`,
      `${MONITOR} > a stream of events that breaks off is opened again, and what happened meanwhile is seen at once`,
      `${MONITOR} > a stream that is silent for two full looks is left for another`,
      `${MONITOR} > ten thousand events of a moment are one look for each component`,
    ],
  },
  16: {
    fault: "Containers end with 0, with 1, by a signal and for want of memory",
    tests: [
      `${MONITOR_E2E} > real exits are told apart: code 0 by SIGTERM, a code of its own, a kill, and a kill for want of memory`,
      `${RUNTIME_E2E} > a container that takes more memory than it may is killed, and its limit is what inspect says`,
      `${MONITOR} > exit code %i, out of memory %p, is told apart`,
    ],
  },

  // Disks, clocks and the machine.
  17: {
    fault: "The disk is full, or has no file left, during a pull, a write of the registry, a push and a snapshot",
    tests: [
      `${ON_DISK} > a registry on a full disk says so, loses nothing that it has taken, and goes on when there is room`,
      `${ON_DISK} > a disk without a file to spare stops no registry that is open`,
      "test/e2e/fleet/snapshot-disk-full.test.ts > a snapshot that finds no room says so, leaves nothing and works when there is room again",
      `${RACES} > a disk that fills up while a file comes is said so, and nothing is left of the file`,
      `${LIBPOD} > a pull for which there is no space says that`,
    ],
    notShown: "podman's own storage when it is full: the tests share it with others",
  },
  18: {
    fault: "The power is cut during writes",
    tests: [
      `${ON_DISK} > a process that is killed while it writes has lost nothing of what it has told, twenty times over`,
      `${OPEN_SQLITE} > a commit is on disk before it returns, and foreign keys hold`,
      "src/store/sqlite/sqlite-file.test.ts > commits wait for the disk, and relaxed ones do not; one within another is as that is",
    ],
    notShown: "a real loss of power: no test takes it from the machine that it runs on",
  },
  19: {
    fault: "The clock jumps",
    tests: [
      `${MONITOR} > a wall clock that is set %s fires nothing and holds nothing back`,
      `${EXPIRY} > a clock that is set back says nothing twice`,
      "src/agent/snapshot/snapshot-name.test.ts > the one that was just taken stays, though a clock that was wrong has made newer names",
      `${TOKENS} > a clock that is set back makes no answer serve longer, and one that is set on asks anew`,
    ],
  },
  20: {
    fault: "The registry is cut short, damaged, gone or may not be written",
    tests: [
      `${OPEN_SQLITE} > a database with a broken page is refused as damaged`,
      `${OPEN_SQLITE} > a database that was cut short is refused as damaged`,
      `${SQLITE_REGISTRY} > a registry that is damaged is refused`,
      `${ON_DISK} > a registry on a disk that may not be written is refused and left as it is`,
      `${SNAPSHOT} > a registry that is damaged or gone is restored too`,
      `${START_AGENT} > a registry that was lost is filled from the containers of its node, which go on running`,
      `${ADOPTION} > a registry that was lost is filled from the labels of containers, which go on running`,
    ],
  },
  21: {
    fault: "The machine is started again",
    tests: [`${HEALING} > after a reboot all that should run does within a minute, and nothing that should not`],
    notShown: "a real start of the machine: there is no systemd where the tests run",
  },
  22: {
    fault: "Two hundred thousand events are kept",
    tests: [
      `${REGISTRY} > old events are pruned, however many there are, and their ids are not given again`,
      `${MONITOR} > old events are deleted and recent ones stay`,
    ],
    notShown: "how long a status takes then: no test asserts a time",
  },

  // Deploys.
  23: {
    fault: "The same definition is deployed twice",
    tests: [`${DEPLOY} > the same definition again changes nothing: not one write reaches the engine`],
  },
  24: {
    fault: "A new version does not become healthy",
    tests: [
      `${UNDER_LOAD} > under 50 calls a second no call fails while a version is replaced, a broken one is rolled back by itself, and one by hand`,
      `${UNDER_LOAD} > with a fixed port of the node the old version stops first: the plan says why, the deploy how long nothing served, and it is back after a failure`,
      `${ENGINE_E2E} > on a real podman a version that does not answer MCP goes, and the one before has never stopped`,
      `${DEPLOY} > a gate that fails leaves the old version serving, and says layer, deadline and last lines`,
    ],
  },
  25: {
    fault: "A rollback without a registry",
    tests: [
      `${ROLLBACK} > each of the last five versions can be gone back to, those before are gone with their images`,
      `${ROLLBACK} > a rollback puts the version before in place, its spec in the registry, and pulls nothing`,
      `${UNDER_LOAD} > under 50 calls a second no call fails while a version is replaced, a broken one is rolled back by itself, and one by hand`,
    ],
  },
  26: {
    fault: "One of several components fails",
    tests: [
      `${DEPLOY} > after a failure the others go on, or stop, and the same deploy again finishes`,
      `${DEPLOY} > after a failure those that were deployed go back where that is wished`,
    ],
  },
  27: {
    fault: "Two people deploy one service at once",
    tests: [
      `${DEPLOY} > two callers: one deploys, the other is told who and since when; a repeated request is one operation`,
      `${KILLED} > a command line that is killed stops no deploy: 'mcpctl ops' shows how it goes on, and a second one is told who holds the service`,
    ],
  },
  28: {
    fault: "A plan is old by the time it is carried out",
    tests: [
      `${DEPLOY} > a plan that is agreed to is carried out, and refused when the wish or the state is another one by then`,
      `${DEPLOY_COMMAND} > on a terminal the plan is shown and somebody is asked; the deploy is bound to that plan`,
    ],
  },
  29: {
    fault: "A command line dies during a deploy",
    tests: [
      `${KILLED} > a command line that is killed stops no deploy: 'mcpctl ops' shows how it goes on, and a second one is told who holds the service`,
      `${DEPLOY_COMMAND} > Ctrl-C ends the watching and not the deploy`,
    ],
  },
  30: {
    fault: "One request comes several times",
    tests: [
      `${REGISTRY} > a request that is repeated gets the operation that it began, while that runs and after`,
      `${DEPLOY_COMMAND} > a connection that breaks while the deploy is asked for is asked again with the same request id`,
    ],
  },

  // Adoption, drift and files.
  31: {
    fault: "Containers of every kind are adopted",
    tests: [
      `${ADOPT_E2E} > containers of every kind are adopted without a restart, and a deploy of what is exported would change nothing`,
      `${ADOPT_E2E} > what no component gets is not adopted, and says why`,
      `${DEFINITION_OF} > %s: written down, and a deploy would change nothing`,
    ],
  },
  32: {
    fault: "An adoption meets names that begin alike",
    tests: [
      `${ADOPTION} > containers of a service are adopted as they are: nothing is restarted, and what is wanted is the state they are in`,
      `${PLAN_ADOPTION} > of several services that fit the one with the longest name has the container`,
      `${ADOPT_E2E} > containers of every kind are adopted without a restart, and a deploy of what is exported would change nothing`,
    ],
  },
  33: {
    fault: "Containers are changed by hand",
    tests: [
      `${ENGINE_E2E} > on a real podman whatever is changed by hand is named`,
      `${ENGINE_E2E} > on a real podman what was just made shows no drift, whatever its definition says`,
      "src/agent/component/diff-of.test.ts > a change of %s by hand is named",
      `${MONITOR} > a container that was renamed or paused by hand is still seen to run, and is drift`,
    ],
    notShown: "a whole day without false drift",
  },
  34: {
    fault: "Files are pushed to where they must not go, at once, and too large",
    tests: [
      `${FILE_PATH} > %s is refused`,
      `${FILES} > links, directories, pipes and files of two names are neither replaced nor read`,
      `${FILES} > of a hundred pushes at once to one path the last one stays, whole`,
      `${FILES} > a file of no bytes and one with holes pass`,
      `${FILES} > a file that is pushed again keeps its owner`,
      `${RACES} > a directory that is swapped for a link leads no push and no pull out of the service's directory`,
      `${RACES} > a file of more than 2 GiB, most of it holes, is sent to its end`,
    ],
  },

  // Many nodes, and who may what.
  35: {
    fault: "One node of ten cannot be reached",
    tests: [
      `${CUT_OFF} > a node that falls silent costs its own deadline and no more, and is back when it speaks again`,
      `${CUT_OFF} > a node whose cable is pulled costs its own deadline and no more`,
      `${CUT_OFF} > an agent that is frozen, whose machine still takes connections, costs its own deadline and no more`,
      `${STATE_COMMANDS} > a node that is away costs its deadline alone: the others are shown, the result says that it is partial, exit code 3`,
    ],
  },
  36: {
    fault: "A token is missing, wrong, old or revoked, or nobody can tell",
    tests: [
      `${AUTHORIZE} > missing token → UNAUTHENTICATED`,
      `${AUTHORIZE} > each role opens what takes it and what takes less`,
      `${AUTHORIZE} > an identity provider that cannot be asked → UNAVAILABLE, which is no refusal`,
      `${TOKENS} > where the provider is away, an older answer serves who only reads, for a quarter of an hour`,
      `${LISTENER} > of who has no valid token nothing is read: the refusal is there before the request is whole`,
    ],
  },
  37: {
    fault: "A certificate has ended, is another's or is renewed",
    tests: [
      `${CLIENT} > a certificate that has ended, is not good yet or is for another name gets no token and no call, though its authority is named`,
      `${CLIENT} > without a pin a certificate that no authority vouches for gets no token and no call`,
      `${CLIENT} > another certificate than the pinned one gets no token and no call`,
      `${LISTENER} > another certificate is shown to connections from then on, and streams that are open stay`,
      `${EXPIRY} > a certificate's end is said 30, 7 and 1 days before, once each, and when it has come`,
    ],
  },
  38: {
    fault: "A command and an agent are of different versions",
    tests: [
      `${CLIENT} > an agent of another version, which does not know a call, is said to be one, and what both know goes on`,
      "src/service-definition/from-spec.test.ts > a field of a newer contract is refused wherever it stands, for leaving it out would run something else",
    ],
  },
  39: {
    fault: "Whoever follows a log is slow, or its container is replaced",
    tests: [
      `${LOGS} > a follower is taken along from a container to the one that replaces it, and hears that one from its beginning`,
      `${HELD_BACK} > what waits stays within its bound however much is written, and all of it is accounted for`,
      `${LISTENER} > a reader that does not read holds the agent back: no more than what fits on the way is produced`,
    ],
  },
  40: {
    fault: "A hundred calls come at one time",
    tests: [`${LISTENER} > a hundred calls run at one time, and those beyond the bound are refused and not queued`],
    notShown: "how long a deploy takes meanwhile: no test asserts a time",
  },
  41: {
    fault: "Garbage comes to the port and stands in files",
    tests: [
      `${GARBAGE} > garbage in place of TLS, of HTTP/1.1, of HTTP/2 and of its frames ends that connection alone`,
      `${GARBAGE} > garbage as the message of any call, by any protocol, is refused with a status, and no handler fails inside`,
      `${DEFINITIONS} > a damaged file is a definition or refused, and never changed into something else`,
      `${DEFINITIONS} > any bytes that are a message are a definition or refused`,
      "src/service-definition/rewrite-service-definition.test.ts > whatever is changed, the text gives the new definition and has every comment",
    ],
  },
  42: {
    fault: "The command that tells alerts hangs, floods or fails",
    tests: [
      `${ALERT_COMMAND} > one that hangs is killed with all that it started, even where it listens to no signal`,
      `${ALERT_COMMAND} > one that floods its output is read to its end, and little of it is kept`,
      `${ALERT_COMMAND} > one that fails is told with its exit code and what it said last`,
      `${ALERT_COMMAND} > the command gets its arguments and the variables as they are, and no shell reads them`,
      `${ALERTS} > a command that hangs holds up no look, and one that fails is an event`,
    ],
  },
};
