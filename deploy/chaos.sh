#!/bin/sh
#     deploy/chaos.sh [minutes] [no-faults]
# Three servers and a PostgreSQL with a standby on this machine, a million requests, ten thousand revocations, and one fault
# after the other; then the check of every answer (docs/chaos.md). Takes some ten minutes. With minutes it ends after these
# at the latest, however much that was; without, less than all is a failure. As root it can do more. Without faults: only the
# revocations, under load.
set -eu
cd "$(dirname "$0")/../server"
classes=$(mktemp)
trap 'rm -f "$classes"' EXIT
mvn -q -f .. -pl server -am test-compile dependency:build-classpath -Dmdep.outputFile="$classes"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$java" -cp "target/test-classes:target/classes:$(cat "$classes")" io.keyledger.server.chaos.ChaosRun "$@"
