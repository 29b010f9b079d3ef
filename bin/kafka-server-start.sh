#!/bin/sh
# An alias, for fingers and runbooks that know Kafka's own name.
# Node forgets that `nohup` made hang-ups ignored: the last hexadecimal digit here is odd then.
grep -q '^SigIgn:.*[13579bdf]$' "/proc/$$/status" 2>/dev/null && export SLUICE_NOHUP=1
exec "$(dirname "$(readlink -f "$0")")/sluice" server "$@"
