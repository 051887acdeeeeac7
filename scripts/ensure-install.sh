#!/bin/sh
# Installs the dependencies where they are missing or older than the lock file.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
installed=$root/node_modules/.package-lock.json
# Packages that lie elsewhere are not ours to replace: npm ci would empty that folder.
if [ -h "$root/node_modules" ]; then
  [ -f "$installed" ] && exit 0
  echo "error: $root/node_modules is a link to a folder without packages" >&2
  exit 1
fi
if [ ! -f "$installed" ] || [ "$root/package-lock.json" -nt "$installed" ]; then
  echo "Installing dependencies (npm ci)…" >&2
  (cd "$root" && npm ci --no-audit --no-fund --loglevel=error >&2)
fi
