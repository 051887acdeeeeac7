# Sourced by bin/*: runs $role from the checkout that $self lies in.
root=${self%/*}/..
. "$root/scripts/find-bun.sh"
# Bun's fetch runs 256 requests at a time unless told otherwise before it starts.
export BUN_CONFIG_MAX_HTTP_REQUESTS="${BUN_CONFIG_MAX_HTTP_REQUESTS:-65336}"
if [ "$role" = mcp-agent ]; then
  # It waits more than it computes, on a machine that is there for its containers: memory counts for more than speed.
  export BUN_JSC_forceRAMSize="${BUN_JSC_forceRAMSize:-100663296}" BUN_JSC_useDFGJIT="${BUN_JSC_useDFGJIT:-0}"
  # What runs a few thousand times a day is not worth compiling.
  export BUN_JSC_thresholdForJITAfterWarmUp="${BUN_JSC_thresholdForJITAfterWarmUp:-5000}" BUN_JSC_thresholdForJITSoon="${BUN_JSC_thresholdForJITSoon:-2000}"
  # Bun collects garbage each second in which there is a byte of it: a look at processes each second is that little.
  export BUN_GC_TIMER_INTERVAL="${BUN_GC_TIMER_INTERVAL:-10000}"
else
  # Its garbage collector lets the heap grow by the memory of the machine; a gateway holds little, and garbage is most of it.
  export BUN_JSC_forceRAMSize="${BUN_JSC_forceRAMSize:-536870912}"
  # Its allocator hands back the holes of its pages whenever the process waits a moment: under load that is all the time, and they
  # are filled again at once, with a page fault for each. Whole pages that are free it hands back after a second.
  export MIMALLOC_PURGE_HOLES="${MIMALLOC_PURGE_HOLES:-0}"
  export MIMALLOC_PURGE_DELAY="${MIMALLOC_PURGE_DELAY:-1000}"
fi
# Bun would also run a bunfig.toml and read a .env of the folder that the caller stands in.
exec "$bun" --no-env-file --config=/dev/null "$root/src/main/$role.ts" "$@"
