#!/bin/sh
# Measures, on a machine where nothing else should run, and prints one table (docs/benchmarks.md says how to read it):
#     benchmarks/run.sh              all parts, in a little over an hour; the table goes into docs/benchmarks.md, too
#     benchmarks/run.sh NAME...      some of: start lookup authentication commands rebuild pages signins replay
# Environment: ROUNDS (5) of SECONDS_EACH (10); EVENTS (1000000) to replay; LARGE=1 looks up among 10,000,000 tokens, too;
# WRITE=1 puts the rows of some parts into docs/benchmarks.md, and leaves those of the others.
# KEYCLOAK_HOME: an unpacked Keycloak, instead of the one from the registry.
# wrk and pgbench (Debian's packages wrk and postgresql) are used where they are installed, and Keycloak where the registry
# has it.
set -eu
cd "$(dirname "$0")/.."
keycloak=26.7.3
home=${KEYCLOAK_HOME:-benchmarks/target/keycloak-$keycloak}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$java" --version | grep -q '^[^ ]* 2[5-9]' || {
    echo "point JAVA_HOME at a JDK 25" >&2
    exit 2
}
# It measures, and leaves warnings (-Dwerror) to the build.
mvn -q -pl server,benchmarks -am -DskipTests -Dexec.skip=true -Dwerror=-g package dependency:build-classpath \
    -Dmdep.outputFile=target/classpath
[ -d "$home" ] || mvn -q -N org.apache.maven.plugins:maven-dependency-plugin:3.9.0:unpack \
    -Dartifact=org.keycloak:keycloak-quarkus-dist:$keycloak:zip -DoutputDirectory=benchmarks/target ||
    echo "no Keycloak to compare with" >&2
directory=$(mktemp -d)
trap '[ $? -eq 0 ] && rm -rf "$directory" || echo "what the programs said is in $directory" >&2' EXIT
"$java" -cp "benchmarks/target/test-classes:$(cat benchmarks/target/classpath)" io.keyledger.benchmarks.Benchmarks \
    "$directory" server/target/server-*.jar "$home" \
    "server/target/test-classes:server/target/classes:$(cat server/target/classpath)" benchmarks/target/log "$@"
