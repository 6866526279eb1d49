#!/bin/bash
# Makes an AOT cache (JEP 514): the server then starts in half the time. It starts the server on a database of its own, uses
# it a little, and stops it.
#
#     java -Djarmode=tools -jar server.jar extract                     # the cache needs the jar without jars inside
#     bash deploy/make-aot-cache.sh server/server.jar server/server.aot
#     java -XX:AOTCache=server/server.aot -jar server/server.jar       # the jar by the same path as in the training
#
# JAVA: the java to use; it has to be the same one later.
set -eu
jar=$1
cache=$2
directory=$(mktemp -d)
password=$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n')
SERVER_PORT=0 KEYLEDGER_DATA_DIR=$directory/data KEYLEDGER_ADMIN_PASSWORD=$password \
    "${JAVA:-java}" -XX:AOTCacheOutput="$cache" -jar "$jar" >"$directory/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server"; rm -rf "$directory"' EXIT
port=
until [ -n "$port" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$directory/log" >&2; exit 1; }
    sleep 0.2
    port=$(sed -n 's|.*ready: http://[^:]*:\([0-9]*\).*|\1|p' "$directory/log")
done

# Method, path, authorization and body; prints the answer. By bash, because the image has no curl.
ask() {
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s' \
        "$1" "$2" "$3" "${5:-application/json}" "${#4}" "$4" >&3
    cat <&3
    exec 3<&-
}
basic="Basic $(printf 'admin@localhost:%s' "$password" | base64 -w 0)"
created=$(ask POST /api/tokens "$basic" '{"name":"training","permissions":["tokens:read","tokens:write","introspect"]}')
token=$(printf '%s' "$created" | sed -n 's/.*"value":"\([^"]*\)".*/\1/p')
[ -n "$token" ] || { printf '%s\n' "$created" >&2; exit 1; }
for _ in 1 2 3 4 5; do
    ask GET /api/authenticate "Bearer $token" ''
    ask POST /oauth2/introspect "Bearer $token" "token=$token" application/x-www-form-urlencoded
    ask GET '/api/tokens?limit=20' "Bearer $token" ''
    ask GET /sign-in "$basic" ''
    ask GET /actuator/health/readiness "$basic" ''
done >/dev/null

# The cache is written when it ends, which takes some seconds.
kill "$server"
wait "$server" || true
trap 'rm -rf "$directory"' EXIT
[ -s "$cache" ] || { tail -20 "$directory/log" >&2; exit 1; }
