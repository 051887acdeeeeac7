#!/bin/sh
# Migrates an empty database up, down and up again and looks at what is there: scripts/migration_matrix_check.sh sqlite|mysql|pgsql
# mysql and pgsql: the server of EVO_DB_HOST, EVO_DB_PORT, EVO_DB_USER, EVO_DB_PASSWORD and the database EVO_DB_NAME,
# which has to be empty and is empty again afterwards. sqlite needs nothing. Starts no server.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
sh "$root/scripts/ensure-install.sh"
exec sh "$root/scripts/bun.sh" "$root/scripts/migration-matrix/run.ts" "$@"
