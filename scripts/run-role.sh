# Sourced by bin/*: runs $role from the checkout that $self lies in.
root=${self%/*}/..
. "$root/scripts/find-bun.sh"
# Bun's fetch runs 256 requests at a time unless told otherwise before it starts.
export BUN_CONFIG_MAX_HTTP_REQUESTS="${BUN_CONFIG_MAX_HTTP_REQUESTS:-65336}"
# Bun would also run a bunfig.toml and read a .env of the folder that the caller stands in.
exec "$bun" --no-env-file --config=/dev/null "$root/src/main/$role.ts" "$@"
