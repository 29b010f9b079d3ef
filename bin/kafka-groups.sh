#!/bin/sh
# An alias, for fingers and runbooks that know Kafka's own name.
exec "$(dirname "$(readlink -f "$0")")/sluice" groups "$@"
