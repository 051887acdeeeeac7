# Sourced with $root set to the checkout; sets $bun to the Bun executable that npm installed.
# npm links it in an install script; where none ran, the platform package still holds it.
# No child process here: this stands on the way of every command.
bun=
for candidate in "$root"/node_modules/@oven/bun-*/bin/bun "$root/node_modules/bun/bin/bun.exe"; do
  if [ -f "$candidate" ]; then
    [ -x "$candidate" ] || chmod +x "$candidate"
    bun=$candidate
    break
  fi
done
if [ -z "$bun" ]; then
  root=$(CDPATH='' cd -- "$root" && pwd)
  echo "error: Bun is not installed in $root/node_modules" >&2
  echo "hint: run 'npm ci' in $root" >&2
  exit 1
fi
