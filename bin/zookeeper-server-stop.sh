#!/bin/sh
# Ends what zookeeper-server-start.sh keeps in the foreground; there is never a ZooKeeper to stop.
own=$(id -u)
pids=$(ps -A -o pid= -o uid= -o args= |
  awk -v own="$own" '$2 == own && $3 ~ /(^|\/)sh$/ && $4 ~ /(^|\/)zookeeper-server-start\.sh$/ { print $1 }')
# shellcheck disable=SC2086
if [ -n "$pids" ] && kill $pids 2>/dev/null; then
  echo "Ended what zookeeper-server-start.sh kept running:" $pids >&2
  exit 0
fi
echo "No ZooKeeper runs for a single broker: nothing to stop." >&2
exit 0
