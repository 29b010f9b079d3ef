#!/bin/sh
# What a runbook gets that calls this script of Kafka's: see src/cli/scripts.ts.
exec "$(dirname "$(readlink -f "$0")")/sluice" script kafka-verifiable-share-consumer "$@"
