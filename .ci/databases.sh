# Starts a Postgres and a MariaDB of our own for the tests and stops them again. Sourced by .ci/run.
#
# Both listen on a free port of the loopback interface, keep their data in a folder that goes with them and write
# nothing through to the disk. A server that runs on this machine already is not touched.

databases_dir=""
database_pids=()

# Exports the URL of each server that came up. One that the environment names already is used instead of our own.
start_databases() {
  databases_dir=$(mktemp -d /tmp/mcpctl-databases.XXXXXX) || return 1
  chmod 711 "$databases_dir"
  database_password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  local failed=0
  make_certificates || failed=1
  [ -n "${MCPCTL_TEST_POSTGRES_URL:-}" ] || start_postgres || failed=1
  [ -n "${MCPCTL_TEST_MYSQL_URL:-}" ] || start_mariadb || failed=1
  return "$failed"
}

# Silent: what is printed last is the closing line of npm test.
stop_databases() {
  local pid
  for pid in "${database_pids[@]}"; do kill -QUIT "$pid" 2>/dev/null; done
  for pid in "${database_pids[@]}"; do wait "$pid" 2>/dev/null; done
  database_pids=()
  [ -z "$databases_dir" ] || rm -rf "$databases_dir"
  databases_dir=""
}

# A certificate for `localhost`, and the authority that has signed it.
make_certificates() {
  local dir=$databases_dir key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  printf 'subjectAltName=DNS:localhost\n' >"$dir/names"
  logged openssl openssl req -x509 "${key[@]}" -keyout "$dir/ca.key" -out "$dir/ca.pem" -days 2 -subj "/CN=tests" -batch || return 1
  logged openssl openssl req "${key[@]}" -keyout "$dir/server.key" -out "$dir/server.csr" -subj "/CN=localhost" -batch || return 1
  logged openssl openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
    -extfile "$dir/names" -out "$dir/server.pem" || return 1
  export MCPCTL_TEST_TLS_CA="$dir/ca.pem"
}

start_postgres() {
  local dir=$databases_dir/postgres bin port as
  bin=$(postgres_bin)
  port=$(free_port)
  run_as postgres
  folder_of postgres "$dir" || return 1
  printf '%s\n' "$database_password" | "${as[@]}" tee "$dir/password" >/dev/null
  logged initdb "${as[@]}" "$bin/initdb" -D "$dir/data" -U mcpctl --auth=scram-sha-256 --pwfile="$dir/password" \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync || return 1
  "${as[@]}" "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c ssl=on -c ssl_cert_file="$dir/server.pem" -c ssl_key_file="$dir/server.key" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 >"$databases_dir/postgres.log" 2>&1 &
  database_pids+=($!)
  await_answer $! postgres "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" || return 1
  export MCPCTL_TEST_POSTGRES_URL="postgres://mcpctl:$database_password@127.0.0.1:$port/postgres"
}

start_mariadb() {
  local dir=$databases_dir/mariadb port as
  port=$(free_port)
  run_as mysql
  folder_of mysql "$dir" || return 1
  logged mariadb-install "${as[@]}" mariadb-install-db --no-defaults --datadir="$dir/data" \
    --auth-root-authentication-method=normal --skip-test-db || return 1
  "${as[@]}" tee "$dir/init.sql" >/dev/null <<SQL
create user mcpctl@'127.0.0.1' identified by '$database_password';
grant all on *.* to mcpctl@'127.0.0.1';
create database mcpctl;
SQL
  "${as[@]}" mariadbd --no-defaults --datadir="$dir/data" --init-file="$dir/init.sql" --socket="$dir/socket" --pid-file="$dir/pid" \
    --ssl-cert="$dir/server.pem" --ssl-key="$dir/server.key" --ssl-ca="$databases_dir/ca.pem" \
    --port="$port" --bind-address=127.0.0.1 --skip-name-resolve --max-connections=200 --innodb-flush-method=nosync \
    --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 >"$databases_dir/mariadb.log" 2>&1 &
  database_pids+=($!)
  MYSQL_PWD=$database_password await_answer $! mariadb \
    mariadb-admin --no-defaults -h 127.0.0.1 -P "$port" -u mcpctl ping || return 1
  export MCPCTL_TEST_MYSQL_URL="mysql://mcpctl:$database_password@127.0.0.1:$port/mcpctl"
}

# The folder of the newest Postgres that is installed; Debian has it beside the path.
postgres_bin() {
  ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1
}

# Sets the array `as`: database servers refuse to run as root, and each has a user of its own from its package.
# What is started so ends with this script, however that ends.
run_as() {
  as=(env)
  [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid="$1" --regid="$1" --init-groups --pdeathsig QUIT)
}

# The folder of one server, with its certificate: both are its user's alone.
folder_of() {
  mkdir "$2" && chmod 700 "$2" && cp "$databases_dir/server.pem" "$databases_dir/server.key" "$2" || return 1
  [ "$(id -u)" -ne 0 ] || chown -R "$1:" "$2"
}

# logged NAME COMMAND…: shows the end of the output where the command fails.
logged() {
  local name=$1
  shift
  "$@" >"$databases_dir/$name.log" 2>&1 || show_log "$name"
}

# await_answer PID NAME COMMAND…: until the command succeeds, for a minute at most and while the server lives.
await_answer() {
  local pid=$1 name=$2 deadline=$((SECONDS + 60))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      show_log "$name"
      return
    fi
    sleep 0.1
  done
}

show_log() {
  tail -n 20 "$databases_dir/$1.log" >&2
  return 1
}

# A port of the loopback interface on which nothing answers.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}
