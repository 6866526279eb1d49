#!/bin/sh
# Ends the replication from the old primary, which may be alive and cut off, and waits until no heartbeat that this server
# still acknowledged holds any more (300 ms; docs/adr, 20). Patroni writes primary_conninfo anew when it needs it.
set -eu
HOST=${1%:*}
PORT=${1##*:}
export PGPASSWORD=${PGPASSWORD:-postgres}
psql -X -q -h "$HOST" -p "$PORT" -U postgres -d postgres -v ON_ERROR_STOP=1 \
    -c "alter system set primary_conninfo = ''" -c "select pg_reload_conf()" > /dev/null
sleep 1
psql -X -q -h "$HOST" -p "$PORT" -U postgres -d postgres -v ON_ERROR_STOP=1 \
    -c "alter system reset primary_conninfo" > /dev/null
