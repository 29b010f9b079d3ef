#!/bin/sh
# With a file or flags, the broker of that data directory: `sluice stop`. Without, as Kafka's own script does it
# and its runbooks call it, every broker that this user runs here; those of other containers are not ours to end.
if [ $# -eq 0 ]; then
  own=$(id -u)
  here=$(readlink "/proc/$$/ns/pid" 2>/dev/null)
  found=
  for pid in $(ps -A -o pid= -o uid= -o args= | awk -v own="$own" '
    $2 == own && $3 ~ /(^|\/)node$/ {
      for (i = 4; i < NF; i++)
        if ($i ~ /(^|\/)sluice(\.mjs)?$/ && $(i + 1) == "server") { print $1; next }
    }'); do
    [ "$(readlink "/proc/$pid/ns/pid" 2>/dev/null)" = "$here" ] || continue
    kill "$pid" 2>/dev/null && found=1 && echo "Told the broker of process $pid to stop." >&2
  done
  [ -n "$found" ] && exit 0
  echo "No kafka server to stop" >&2
  exit 1
fi
exec "$(dirname "$(readlink -f "$0")")/sluice" stop "$@"
