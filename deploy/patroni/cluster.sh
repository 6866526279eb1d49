#!/bin/sh
# Three PostgreSQL servers under Patroni, three etcd, and HAProxy before them, on one machine: to try a failover, and to
# read how the settings belong together. In production each of the three is a machine of its own.
#
#     deploy/patroni/cluster.sh start DIRECTORY   # as root or as whoever runs PostgreSQL; prints the addresses
#     deploy/patroni/cluster.sh list DIRECTORY    # who is the primary
#     deploy/patroni/cluster.sh again DIRECTORY N # after a failover, the one that died
#     deploy/patroni/cluster.sh stop DIRECTORY
#
# Debian: apt-get install patroni etcd-server haproxy postgresql. Ports from BASE (default 15430) on:
# BASE HAProxy to the primary; BASE+1..3 PostgreSQL; BASE+11..13 Patroni; BASE+21..23 and BASE+31..33 etcd.
set -eu

BASE=${BASE:-15430}
BIN=${POSTGRESQL_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}
HERE=$(cd "$(dirname "$0")" && pwd)
ACTION=${1:?start, list, again or stop}
DIR=${2:?a directory}

# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then AS="setpriv --reuid=postgres --regid=postgres --init-groups"; else AS=""; fi

background() { # NAME COMMAND...
    name=$1; shift
    setsid $AS "$@" > "$DIR/$name.log" 2>&1 < /dev/null &
    echo $! > "$DIR/$name.pid"
}

etcd_hosts() { echo "127.0.0.1:$((BASE + 21)),127.0.0.1:$((BASE + 22)),127.0.0.1:$((BASE + 23))"; }

start_etcd() { # N
    members=""
    for n in 1 2 3; do members="$members${members:+,}etcd$n=http://127.0.0.1:$((BASE + 30 + n))"; done
    background "etcd$1" etcd --name "etcd$1" --data-dir "$DIR/etcd$1" \
        --listen-client-urls "http://127.0.0.1:$((BASE + 20 + $1))" \
        --advertise-client-urls "http://127.0.0.1:$((BASE + 20 + $1))" \
        --listen-peer-urls "http://127.0.0.1:$((BASE + 30 + $1))" \
        --initial-advertise-peer-urls "http://127.0.0.1:$((BASE + 30 + $1))" \
        --initial-cluster "$members" --initial-cluster-token keyledger --initial-cluster-state new
}

start_node() { # N
    sed -e "s|@NAME@|node$1|g; s|@POSTGRESQL@|127.0.0.1:$((BASE + $1))|g; s|@REST@|127.0.0.1:$((BASE + 10 + $1))|g" \
        -e "s|@DATA@|$DIR/node$1|g; s|@BIN@|$BIN|g; s|@ETCD@|$(etcd_hosts)|g; s|@HERE@|$DIR|g" \
        "$HERE/patroni.yml" > "$DIR/node$1.yml"
    background "patroni$1" patroni "$DIR/node$1.yml"
}

case $ACTION in
start)
    mkdir -p "$DIR"
    DIR=$(cd "$DIR" && pwd)
    [ -z "$AS" ] || chown postgres "$DIR"
    cp "$HERE/pre-promote.sh" "$DIR/pre-promote.sh"
    chmod 755 "$DIR/pre-promote.sh"
    for n in 1 2 3; do start_etcd $n; done
    for n in 1 2 3; do start_node $n; done
    sed -e "s|@BASE@|$BASE|g" -e "s|@P1@|$((BASE + 1))|; s|@P2@|$((BASE + 2))|; s|@P3@|$((BASE + 3))|" \
        -e "s|@R1@|$((BASE + 11))|; s|@R2@|$((BASE + 12))|; s|@R3@|$((BASE + 13))|" \
        "$HERE/haproxy.cfg" > "$DIR/haproxy.cfg"
    background haproxy haproxy -db -f "$DIR/haproxy.cfg"
    echo "The primary is at 127.0.0.1:$BASE, as soon as there is one: $0 list $DIR"
    ;;
again) # DIRECTORY N: starts again what a failover has killed of one of the three
    kill -0 "$(cat "$DIR/etcd$3.pid")" 2> /dev/null || start_etcd "$3"
    kill -0 "$(cat "$DIR/patroni$3.pid")" 2> /dev/null || start_node "$3"
    ;;
list)
    patronictl -c "$DIR/node1.yml" list
    ;;
stop)
    # Patroni stops its PostgreSQL, for which it needs etcd.
    for names in "haproxy patroni1 patroni2 patroni3" "etcd1 etcd2 etcd3"; do
        for name in $names; do
            [ ! -f "$DIR/$name.pid" ] || kill "$(cat "$DIR/$name.pid")" 2> /dev/null || true
        done
        for name in $names; do
            while [ -f "$DIR/$name.pid" ] && kill -0 "$(cat "$DIR/$name.pid")" 2> /dev/null; do sleep 0.2; done
            rm -f "$DIR/$name.pid"
        done
    done
    ;;
*)
    echo "start, list, again or stop" >&2
    exit 2
    ;;
esac
