/** Variables by which a program, its loader or its interpreter takes code, or other programs, from where they say. */
const NAMES = new Set([
  "PATH",
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_REPL_EXTERNAL_MODULE",
  "NODE_COMPILE_CACHE",
  "BUN_OPTIONS",
  "BUN_INSPECT",
  "BUN_INSPECT_CONNECT_TO",
  "BUN_INSPECT_NOTIFY",
  "BUN_INSPECT_PRELOAD",
  "BUN_RUNTIME_TRANSPILER_CACHE_PATH",
  // Bun takes modules to load first, and uv the interpreter, from a file in there.
  "XDG_CONFIG_HOME",
  "NPM_CONFIG_GIT",
  "NPM_CONFIG_GLOBALCONFIG",
  "NPM_CONFIG_NODE_OPTIONS",
  "NPM_CONFIG_SCRIPT_SHELL",
  "NPM_CONFIG_SHELL",
  "NPM_CONFIG_USERCONFIG",
  "OPENSSL_CONF",
  "OPENSSL_ENGINES",
  "OPENSSL_MODULES",
  "GCONV_PATH",
  "PYTHONPATH",
  "PYTHONHOME",
  "PYTHONSTARTUP",
  "PYTHONUSERBASE",
  "PYTHONBREAKPOINT",
  "PYTHONINSPECT",
  "PYTHONPLATLIBDIR",
  "PYTHONEXECUTABLE",
  "PYTHONPYCACHEPREFIX",
  // The category of a warning is imported.
  "PYTHONWARNINGS",
  "UV_CONFIG_FILE",
  "UV_PYTHON",
  "PERL5LIB",
  "PERL5OPT",
  "PERLLIB",
  "RUBYLIB",
  "RUBYOPT",
  "JAVA_TOOL_OPTIONS",
  "JDK_JAVA_OPTIONS",
  "_JAVA_OPTIONS",
  "BASH_ENV",
  "ENV",
  "PROMPT_COMMAND",
  "SHELLOPTS",
]);

/** Of the dynamic loader, functions that shells import, and git, which packages are fetched with and which runs what these name. */
const PREFIXES = ["LD_", "DYLD_", "BASH_FUNC_", "GIT_"];

/** npm reads its settings in any case, so case does not count. */
export function loadsCode(variable: string): boolean {
  const name = variable.toUpperCase();
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}
