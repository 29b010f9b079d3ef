#!/bin/sh
# Ends what zookeeper-server-start.sh keeps in the foreground; there is never a ZooKeeper to stop.
own=$(id -u)
pids=$(ps -A -o pid= -o uid= -o args= |
  awk -v own="$own" '$2 == own && $3 ~ /(^|\/)sh$/ && $4 ~ /(^|\/)zookeeper-server-start\.sh$/ { print $1 }')
# shellcheck disable=SC2086
[ -n "$pids" ] && kill $pids 2>/dev/null
echo "No ZooKeeper runs for a single broker: nothing to stop." >&2
exit 0
