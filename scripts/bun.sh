#!/bin/sh
# Runs the checkout's Bun: scripts/bun.sh ARGS…
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/find-bun.sh"
exec "$bun" "$@"
