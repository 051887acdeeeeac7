#!/bin/sh
# Builds the image of a program, and pushes it where a registry is named.
#
#   scripts/build-mcplocal.sh [--tag NAME[:TAG]] [--registry HOST[:PORT]/PATH] [--no-push] [--executable FILE]
#   scripts/build-mcpd.sh     the same
#
# The image is called localhost/mcplocal:latest (localhost/mcpd:latest), or what MCPLOCAL_IMAGE (MCPD_IMAGE) or --tag
# says. With --registry, or MCPCTL_REGISTRY, it is tagged there too and pushed. --executable names one that is built
# already. CONTAINER_ENGINE names the engine: podman or docker, whichever is there. Everything comes from this checkout
# and this machine: nothing is pulled.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
role=${1:?which program}
shift
case $role in
  mcplocal) image=${MCPLOCAL_IMAGE:-localhost/mcplocal:latest} containerfile=Containerfile ;;
  mcpd) image=${MCPD_IMAGE:-localhost/mcpd:latest} containerfile=mcpd.Containerfile ;;
  *) printf "error: there is no image of '%s'\n" "$role" >&2; exit 2 ;;
esac
registry=${MCPCTL_REGISTRY:-}
push=yes
executable=

fail() {
  printf 'error: %s\n' "$1" >&2
  exit "${2:-1}"
}

while [ $# -gt 0 ]; do
  case $1 in
    --tag) image=${2:?--tag takes a name}; shift 2 ;;
    --registry) registry=${2:?--registry takes an address}; shift 2 ;;
    --no-push) push=no; shift ;;
    --executable) executable=${2:?--executable takes a file}; shift 2 ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown argument '$1'" 2 ;;
  esac
done

engine=${CONTAINER_ENGINE:-}
[ -n "$engine" ] || for each in podman docker; do
  command -v "$each" >/dev/null 2>&1 && engine=$each && break
done
[ -n "$engine" ] || fail "neither podman nor docker is installed"
[ "$(uname -s)" = Linux ] || fail "the image is made of this machine's executable and libraries: build it on Linux"

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
if [ -z "$executable" ]; then
  sh "$root/scripts/bun.sh" "$root/scripts/build.ts" --no-bytecode --outdir "$context/build" >&2
  executable=$context/build/mcpctl
fi
files=$context/root
mkdir -p "$files/usr/local/bin" "$files/tmp" "$files/run" "$files/app/.cache" "$files/etc/ssl/certs"
chmod 1777 "$files/tmp"
install -m 0755 "$executable" "$files/usr/local/bin/$role"
if [ "$role" = mcplocal ]; then
  mkdir -p "$files/var/lib/mcplocal/cache"
  chmod 0777 "$files/var/lib/mcplocal/cache"
else
  # Under its other name it answers the health check.
  ln -s "$role" "$files/usr/local/bin/mcplocal"
  mkdir -p "$files/var/lib/mcpd"
  chmod 0777 "$files/var/lib/mcpd"
fi

# The linker's own line has no arrow: "/lib64/ld-linux-x86-64.so.2 (0x…)".
ldd "$executable" | sed -n 's/^.*=> \(\/[^ ]*\) .*$/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*$/\1/p' | while read -r library; do
  mkdir -p "$files$(dirname "$library")"
  # What a link leads to, under the name that the executable asks for.
  cp -L "$library" "$files$library"
done
# The names of this machine's resolver: glibc loads them when it looks up a host, and ldd does not name them.
for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
  for folder in /lib/"$(uname -m)"-linux-gnu /usr/lib/"$(uname -m)"-linux-gnu /lib64 /usr/lib64; do
    [ -e "$folder/$name" ] && mkdir -p "$files$folder" && cp -L "$folder/$name" "$files$folder/$name" && break
  done
done
printf 'root:x:0:0:root:/:/sbin/nologin\n%s:x:10001:10001::/tmp:/sbin/nologin\n' "$role" >"$files/etc/passwd"
printf 'root:x:0:\n%s:x:10001:\n' "$role" >"$files/etc/group"
printf 'hosts: files dns\n' >"$files/etc/nsswitch.conf"
rm -rf "$context/build"

# OCI images have no HEALTHCHECK; podman keeps it in Docker's format alone.
format=
[ "$(basename "$engine")" = podman ] && format='--format docker --pull=never'
# shellcheck disable=SC2086 # several words, or none
"$engine" build $format --quiet --tag "$image" --file "$root/deploy/container/$containerfile" "$context" >/dev/null
bytes=$("$engine" image inspect --format '{{.Size}}' "$image")
printf 'Built %s (%s MB) with %s\n' "$image" "$(((bytes + 500000) / 1000000))" "$engine"

[ -n "$registry" ] || exit 0
remote=${registry%/}/${image##*/}
"$engine" tag "$image" "$remote"
[ "$push" = yes ] || exit 0
"$engine" push "$remote"
printf 'Pushed %s\n' "$remote"
