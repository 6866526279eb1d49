#!/bin/sh
# Measures how fast projections are built from a million events:
#     benchmarks/run.sh [directory] [events]
# The directory keeps the log for the next time. Takes some minutes; nothing else should run on the machine.
set -eu
cd "$(dirname "$0")/.."
directory=${1:-benchmarks/target/log}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
classes=$(mktemp)
trap 'rm -f "$classes"' EXIT
mvn -q -pl server -am test-compile dependency:build-classpath -Dmdep.outputFile="$classes"
exec_java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$exec_java" -cp "server/target/test-classes:server/target/classes:$(cat "$classes")" \
    io.keyledger.server.benchmark.ReplayBenchmark "$directory" "${2:-1000000}"
