#!/bin/sh
# Builds the image of mcplocal: scripts/build-image.sh says how.
exec "$(dirname -- "$0")/build-image.sh" mcplocal "$@"
