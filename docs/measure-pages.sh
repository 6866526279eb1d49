#!/usr/bin/env bash
# Times the pages for an account with 1,000 tokens, as a client on the same machine sees them: whole answers, one after
# the other, 100 times each after 20 to warm up. Prints the median and the 95th percentile in milliseconds.
#
#   docs/measure-pages.sh http://localhost:8080 admin@localhost 'the administrator's password'
#
# It registers an account of its own, measured-…@example.org, on that server.
set -euo pipefail
url=$1 admin=$2:$3
email=measured-$(date +%s)@example.org password='seven wooden ladders'
jar=$(mktemp) && trap 'rm -f "$jar"' EXIT
json='Content-Type: application/json'
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

curl -sf -o /dev/null -u "$admin" -H "$json" "$url/api/accounts" \
  -d "{\"email\":\"$email\",\"displayName\":\"Measured\",\"password\":\"$password\"}"
first=$(curl -sf -u "$email:$password" -H "$json" "$url/api/tokens" -d '{"name":"first","permissions":["tokens:write"]}')
id=$(field id <<< "$first")
value=$(field value <<< "$first")
for i in $(seq 2 1000); do
  curl -sf -o /dev/null -H "Authorization: Bearer $value" -H "$json" "$url/api/tokens" \
    -d "{\"name\":\"token $i of a thousand\",\"description\":\"For a build\",\"permissions\":[]}"
done
curl -sf -o /dev/null -c "$jar" -H "$json" "$url/api/session" -d "{\"email\":\"$email\",\"password\":\"$password\"}"

echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(date -u +%F)"
printf '%-52s %8s %8s %8s\n' page 'median' 'p95' 'bytes'
for path in /settings/tokens '/settings/tokens?search=thousand&sort=name' "/settings/tokens/$id" /settings/tokens/new \
  "/settings/tokens/$id/edit" /settings/account /activity; do
  one() { curl -sf -o /dev/null -b "$jar" -H 'Accept: text/html' -w '%{time_total} %{size_download}\n' "$url$path"; }
  for _ in $(seq 20); do one > /dev/null; done
  for _ in $(seq 100); do one; done | sort -n |
    awk -v path="${path//$id/\{id\}}" '{t[NR] = $1 * 1000; b = $2} END {printf "%-52s %8.1f %8.1f %8d\n", path, t[int((NR + 1) / 2)], t[int(NR * 0.95)], b}'
done
