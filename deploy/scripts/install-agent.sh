#!/bin/sh
# Installs mcp-agent on this node: account, executable, folders, example configuration, systemd units.
# Run it again after an update: it replaces what is ours, and never a configuration that is there.
set -eu

usage() {
  cat <<'USAGE'
Usage: install-agent.sh [--binary FILE] [--node NAME] [--root DIR]

  --binary FILE  the executable; default: build/mcp-agent of this checkout (npm run build)
  --node NAME    this node's name, for a configuration that is not there yet; default: the host name
  --root DIR     installs below DIR, as for an image; nothing of this machine is changed or asked
USAGE
}

fail() { # fail CODE MESSAGE HINT
  printf 'error: %s\nhint: %s\n' "$2" "$3" >&2
  exit "$1"
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
deploy=$(dirname -- "$here")
binary=
node=
root=

while [ $# -gt 0 ]; do
  case $1 in
    --binary | --node | --root)
      [ $# -ge 2 ] && [ -n "$2" ] || fail 2 "$1 needs a value" "see install-agent.sh --help"
      case $1 in --binary) binary=$2 ;; --node) node=$2 ;; --root) root=$2 ;; esac
      shift 2
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) fail 2 "there is no option '$1'" "see install-agent.sh --help" ;;
  esac
done

# --- Everything is looked at before anything is changed ---------------------------------------------------------------

binary=${binary:-$(dirname -- "$deploy")/build/mcp-agent}
[ -f "$binary" ] && [ -x "$binary" ] || fail 1 "$binary is no executable" "build it with 'npm run build', or name another one with --binary"
for file in examples/mcp-agent.toml systemd/mcp-agent.service systemd/mcp-agent-backup.service systemd/mcp-agent-backup.timer; do
  [ -f "$deploy/$file" ] || fail 1 "$deploy/$file is missing" "run the script from where it lies, with the folders beside it"
done
if [ -n "$root" ]; then
  case $root in /*) ;; *) fail 2 "--root $root is no absolute path" "begin it with /" ;; esac
  [ -d "$root" ] || fail 1 "$root is no folder" "make it first"
  root=${root%/}
elif [ "$(id -u)" -ne 0 ]; then
  fail 1 "only root can install the agent" "run it with sudo, or try it with --root DIR"
fi
node=${node:-$(uname -n | cut -d. -f1 | tr '[:upper:]' '[:lower:]')}
case $node in
  "" | ? | *[!a-z0-9-]* | [!a-z]*) fail 2 "'$node' is no name of a node" "write 2-63 of a-z, 0-9 and '-', starting with a letter; see --node" ;;
esac
[ ${#node} -le 63 ] || fail 2 "'$node' is no name of a node" "write at most 63 characters; see --node"

# --- Steps; each says what it has changed -----------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }

# The numeric id of our group below the root; empty where there is none.
group_id() { awk -F: '$1 == "mcp" { print $3; exit }' "$root/etc/group" 2>/dev/null || true; }

has_line() { # has_line FILE NAME: whether passwd or group has it; a directory service counts on a real node
  if [ -z "$root" ]; then getent "$1" "$2" >/dev/null; else grep -q "^$2:" "$root/etc/$1"; fi
}

# An account that may read the configuration and nothing else of the agent's: for what watches it without being root.
account() {
  if [ -n "$root" ]; then
    mkdir -p "$root/etc"
    for file in passwd group shadow gshadow; do
      [ -f "$root/etc/$file" ] || { : >"$root/etc/$file"; chmod "$(case $file in *shadow) echo 600 ;; *) echo 644 ;; esac)" "$root/etc/$file"; }
    done
  fi
  if has_line group mcp; then say "kept      group mcp"; else
    groupadd ${root:+--prefix "$root"} --system mcp
    say "made      group mcp"
  fi
  if has_line passwd mcp; then say "kept      user mcp"; else
    useradd ${root:+--prefix "$root"} --system --gid mcp --no-create-home --home-dir /srv/mcp --shell /usr/sbin/nologin \
      --comment "mcp-agent" mcp
    say "made      user mcp"
  fi
}

# Root owns everything; a scratch root of somebody else belongs to them.
own() { # own GROUP PATH
  [ "$(id -u)" -eq 0 ] || return 0
  id=0
  if [ "$1" = mcp ]; then
    if [ -n "$root" ]; then id=$(group_id); else id=mcp; fi
  fi
  chown "0:${id:-0}" "$2"
}

folder() { # folder MODE GROUP PATH
  if [ -d "$root$3" ]; then say "kept      $3"; else
    mkdir -p "$root$3"
    say "made      $3"
  fi
  own "$2" "$root$3"
  chmod "$1" "$root$3"
}

# Written beside and renamed: an executable that runs cannot be written to, and nobody sees half a file.
put() { # put MODE GROUP SOURCE TARGET
  if [ -f "$root$4" ] && [ ! -L "$root$4" ] && cmp -s "$3" "$root$4"; then say "unchanged $4"; else
    mkdir -p "$(dirname -- "$root$4")"
    cp -- "$3" "$root$4.new"
    own "$2" "$root$4.new"
    chmod "$1" "$root$4.new"
    mv -f -- "$root$4.new" "$root$4"
    say "installed $4"
  fi
  own "$2" "$root$4"
  chmod "$1" "$root$4"
}

config() {
  put 0644 root "$deploy/examples/mcp-agent.toml" /srv/mcp/mcp-agent.toml.example
  target=$root/srv/mcp/mcp-agent.toml
  if [ -e "$target" ] || [ -L "$target" ]; then
    say "kept      /srv/mcp/mcp-agent.toml"
    return
  fi
  sed "s/^node_name = .*/node_name = \"$node\"/" "$deploy/examples/mcp-agent.toml" >"$target.new"
  own mcp "$target.new"
  chmod 0640 "$target.new"
  mv -- "$target.new" "$target"
  say "installed /srv/mcp/mcp-agent.toml"
}

account
put 0755 root "$binary" /usr/local/bin/mcp-agent
folder 0750 mcp /srv/mcp
folder 0700 root /srv/mcp/backups
folder 0750 mcp /srv/mcp/certs
config
for unit in mcp-agent.service mcp-agent-backup.service mcp-agent-backup.timer; do
  put 0644 root "$deploy/systemd/$unit" "/etc/systemd/system/$unit"
done

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  say "reloaded  systemd"
fi

cat <<'NEXT'

Next: look over /srv/mcp/mcp-agent.toml and see to its certificate, then
  mcp-agent validate-config --config /srv/mcp/mcp-agent.toml
  mcp-agent doctor --config /srv/mcp/mcp-agent.toml
  systemctl enable --now mcp-agent.service mcp-agent-backup.timer
NEXT
