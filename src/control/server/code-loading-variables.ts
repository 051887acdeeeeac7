/** Variables by which a program, its loader or its interpreter takes code, or other programs, from where they say. */
const NAMES = new Set([
  "PATH",
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_REPL_EXTERNAL_MODULE",
  "BUN_OPTIONS",
  "BUN_INSPECT_PRELOAD",
  "NPM_CONFIG_NODE_OPTIONS",
  "NPM_CONFIG_SCRIPT_SHELL",
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

/** Of the dynamic loader, and functions that shells import. */
const PREFIXES = ["LD_", "DYLD_", "BASH_FUNC_"];

/** npm reads its settings in any case, so case does not count. */
export function loadsCode(variable: string): boolean {
  const name = variable.toUpperCase();
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}
