#!/bin/sh
# Measures how fast projections are built from a million events:
#     benchmarks/run.sh [directory] [events]
# The directory keeps the log for the next time. Takes some minutes; nothing else should run on the machine.
set -eu
cd "$(dirname "$0")/.."
classes=$(mktemp)
trap 'rm -f "$classes"' EXIT
mvn -q -Pbenchmarks -pl benchmarks -am compile dependency:build-classpath -Dmdep.outputFile="$classes"
exec_java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$exec_java" -cp "benchmarks/target/classes:$(cat "$classes")" io.keyledger.benchmarks.ReplayBenchmark \
    "${1:-benchmarks/target/log}" "${2:-1000000}"
