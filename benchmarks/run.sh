#!/bin/sh
# Measures, on a machine where nothing else should run:
#     benchmarks/run.sh replay [directory] [events]           how fast projections are built from a million events; takes
#                                                             some minutes, and the directory keeps the log for next time
#     benchmarks/run.sh authentication [rounds] [seconds]     how fast tokens are authenticated, beside a bare Tomcat and
#                                                             Keycloak; takes some ten minutes, needs wrk (Debian's package)
set -eu
cd "$(dirname "$0")/.."
what=${1:?replay or authentication}
shift
classes=$(mktemp)
trap 'rm -f "$classes"' EXIT
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
case $what in
replay)
    directory=${1:-benchmarks/target/log}
    mkdir -p "$directory"
    directory=$(cd "$directory" && pwd)
    mvn -q -pl server -am test-compile dependency:build-classpath -Dmdep.outputFile="$classes"
    "$java" -cp "server/target/test-classes:server/target/classes:$(cat "$classes")" \
        io.keyledger.server.benchmark.ReplayBenchmark "$directory" "${2:-1000000}"
    ;;
authentication)
    keycloak=26.7.3
    home=benchmarks/target/keycloak-$keycloak
    mvn -q -pl server,benchmarks -am -DskipTests package
    mvn -q -pl benchmarks dependency:build-classpath -Dmdep.outputFile="$classes"
    [ -d "$home" ] || mvn -q -N org.apache.maven.plugins:maven-dependency-plugin:3.9.0:unpack \
        -Dartifact=org.keycloak:keycloak-quarkus-dist:$keycloak:zip -DoutputDirectory=benchmarks/target
    "$java" -cp "benchmarks/target/test-classes:$(cat "$classes")" io.keyledger.benchmarks.AuthenticationBenchmark \
        "$(mktemp -d)" server/target/server-*.jar "${1:-5}" "${2:-10}" "$home"
    ;;
*)
    echo "there is no benchmark $what" >&2
    exit 2
    ;;
esac
