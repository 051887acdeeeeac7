import { onEveryEngine } from "./databases.fixture.ts";
import { engineContract } from "./engine.contract.ts";

onEveryEngine(engineContract);
