#!/bin/sh
# A single broker keeps its own metadata: it needs no ZooKeeper. A runbook that starts one goes on as
# it stands: with -daemon this returns at once, without it stays in the foreground until it is stopped,
# as a ZooKeeper would, so that `&`, a second terminal, a supervisor and zookeeper-server-stop.sh work.
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] zookeeper.properties" >&2
  exit 1
fi
trap 'exit 0' INT TERM HUP
echo "No ZooKeeper is needed for a single broker, and none is started; go on with kafka-server-start.sh." >&2
[ "$1" = -daemon ] && exit 0
# A stop is heard within a second. One long sleep in the background would have to be ended with us, and
# where that failed it would hold whatever pipe our caller reads until the next day.
while :; do sleep 1; done >/dev/null 2>&1
