#!/bin/sh
# Brings everything to this checkout: images of mcpd and the gateway, the cluster, a package, and a smoke test at the end.
set -eu

usage() {
  cat <<'USAGE'
Usage: fulldeploy.sh --registry HOST[:PORT]/PATH [--tag TAG] [--namespace NAME] [--executable FILE] [--dry-run]

  --registry    where the images go, and the cluster takes them from (or MCPCTL_REGISTRY)
  --tag         of the images; default: the commit's short hash
  --namespace   of the deployments; default: mcpctl
  --executable  one that is built already; default: npm run build makes it
  --dry-run     says what would be run, and runs nothing

First pulumi is asked whether the infrastructure is as it is written down; where it is not, nothing is done. Then:
  1. mcpd's image  2. the gateway's image  3. rollout of both  4. the package (RPM)
and the smoke test where MCPGW_URL names the gateway. Where pulumi, kubectl or rpmbuild is missing, its step is left out and said so.
USAGE
}

fail() { # fail CODE MESSAGE HINT
  printf 'error: %s\nhint: %s\n' "$2" "$3" >&2
  exit "$1"
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
registry=${MCPCTL_REGISTRY:-}
tag=
namespace=mcpctl
executable=
dry=no

while [ $# -gt 0 ]; do
  case $1 in
    --registry | --tag | --namespace | --executable)
      [ $# -ge 2 ] && [ -n "$2" ] || fail 2 "$1 needs a value" "see fulldeploy.sh --help"
      case $1 in --registry) registry=$2 ;; --tag) tag=$2 ;; --namespace) namespace=$2 ;; --executable) executable=$2 ;; esac
      shift 2
      ;;
    --dry-run) dry=yes; shift ;;
    --help | -h) usage; exit 0 ;;
    *) fail 2 "there is no option '$1'" "see fulldeploy.sh --help" ;;
  esac
done
[ -n "$registry" ] || fail 2 "it is not said where the images go" "name a registry with --registry or MCPCTL_REGISTRY"
registry=${registry%/}
tag=${tag:-$(git -C "$root" rev-parse --short HEAD)}
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$root/package.json")

step() { printf '== %s\n' "$1"; }
skip() { printf 'skipped: %s\n' "$1"; }
has() { command -v "$1" >/dev/null 2>&1; }

run() {
  if [ "$dry" = yes ]; then
    printf 'would run: %s\n' "$*"
  else
    "$@"
  fi
}

step "drift"
if has pulumi; then
  run pulumi preview --expect-no-changes --non-interactive ||
    fail 1 "the infrastructure is not as it is written down; nothing was deployed" "look at 'pulumi preview', and bring one to the other first"
else
  skip "pulumi is not installed, so nobody knows whether the infrastructure has drifted"
fi

if [ -z "$executable" ]; then
  run sh "$root/scripts/bun.sh" "$root/scripts/build.ts"
  executable=$root/build/mcpctl
fi

step "1/4 mcpd's image"
run "$root/scripts/build-mcpd.sh" --executable "$executable" --tag "localhost/mcpd:$tag" --registry "$registry"

step "2/4 the gateway's image"
run "$root/scripts/build-mcplocal.sh" --executable "$executable" --tag "localhost/mcplocal:$tag" --registry "$registry"

roll() { # roll NAME
  run kubectl --namespace "$namespace" set image "deployment/$1" "$1=$registry/$1:$tag"
  run kubectl --namespace "$namespace" rollout status "deployment/$1" --timeout=300s
}

step "3/4 rollout"
if has kubectl; then
  roll mcpd
  if [ "$dry" = yes ] || kubectl --namespace "$namespace" get deployment/mcplocal >/dev/null 2>&1; then
    roll mcplocal
  else
    skip "there is no deployment mcplocal in $namespace: 'kubectl apply -k deploy/k8s' makes it"
  fi
else
  skip "kubectl is not installed"
fi

step "4/4 package"
if has rpmbuild; then
  run rpmbuild -bb --define "_topdir $root/build/rpm" --define "version $version" --define "executable $executable" \
    --define "checkout $root" "$root/deploy/rpm/mcpctl.spec"
else
  skip "rpmbuild is not installed"
fi

step "smoke"
if [ -n "${MCPGW_URL:-}" ]; then
  run sh "$root/scripts/bun.sh" test --timeout=90000 "$root/test/smoke/mcptoken.smoke.test.ts"
else
  skip "MCPGW_URL names no gateway"
fi
