#!/bin/sh
# Builds the image of mcpd: scripts/build-image.sh says how.
exec "$(dirname -- "$0")/build-image.sh" mcpd "$@"
