#!/usr/bin/env bash
# Measures how many requests a second the gateway endpoint and introspection answer, and how fast, with wrk (Debian's
# package of that name) on the same machine, so that it shares the processors with the server and the database: three
# rounds of ten seconds each, one after the other, after one to warm up. Prints the round of the median.
#
#   docs/measure-authentication.sh http://localhost:8080 admin@localhost 'the administrator's password'
#
# It creates a token "introspecting" and one "measured" for the administrator, and revokes both.
set -euo pipefail
url=$1 admin=$2:$3
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
json='Content-Type: application/json'
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
create() {
  curl -sf -u "$admin" -H "$json" "$url/api/tokens" -d "{\"name\":\"$1 $(date +%s)\",\"permissions\":[\"$2\"]}"
}

introspecting=$(create introspecting introspect)
measured=$(create measured tokens:read)

cat > "$folder/gateway.lua" <<LUA
wrk.headers["Authorization"] = "Bearer $(field value <<< "$measured")"
wrk.path = "/api/authenticate?permission=tokens:read"
LUA
cat > "$folder/introspection.lua" <<LUA
wrk.method = "POST"
wrk.path = "/oauth2/introspect"
wrk.headers["Authorization"] = "Bearer $(field value <<< "$introspecting")"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "token=$(field value <<< "$measured")"
LUA

round() { wrk -t2 -c64 -d10s --latency -s "$folder/$1.lua" "$url" > "$folder/out" && awk -v what="$1" '
  $1 == "50%" {p50 = $2} $1 == "99%" {p99 = $2} /^Requests\/sec/ {rate = $2} /Non-2xx/ {bad = " errors: " $5}
  END {printf "%-14s %10.0f %10s %10s%s\n", what, rate, p50, p99, bad}' "$folder/out"; }

echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(date -u +%F), 64 connections"
printf '%-14s %10s %10s %10s\n' '' requests/s p50 p99
for what in gateway introspection; do round "$what" > /dev/null; done
for _ in 1 2 3; do
  for what in gateway introspection; do round "$what" >> "$folder/$what.rounds"; done
done
for what in gateway introspection; do sort -k2 -n "$folder/$what.rounds" | sed -n 2p; done
for token in "$introspecting" "$measured"; do
  curl -sf -o /dev/null -u "$admin" -X DELETE "$url/api/tokens/$(field id <<< "$token")"
done
