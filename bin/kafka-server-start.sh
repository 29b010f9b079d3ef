#!/bin/sh
# An alias, for fingers and runbooks that know Kafka's own name.
# Node forgets that `nohup` made hang-ups ignored: the last hexadecimal digit here is odd then.
grep -q '^SigIgn:.*[13579bdf]$' "/proc/$$/status" 2>/dev/null && export SLUICE_NOHUP=1
# Kafka's own script wants a file and ends without one; a broker here needs none, and says what it takes then.
[ $# -eq 0 ] && echo "No server.properties is named: starting with the defaults, port 9092 and data in ./data." >&2
exec "$(dirname "$(readlink -f "$0")")/sluice" server "$@"
