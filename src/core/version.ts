import manifest from "../../package.json" with { type: "json" };

/** The version of this build, as package.json has it. */
export const VERSION: string = manifest.version;

/** The exact versions of the packages that this build was made with. */
export const PINNED_VERSIONS: Readonly<Record<string, string>> = manifest.dependencies;
