#!/bin/sh
# Writes .env, which docker-compose.yml reads: a master key and three passwords, all random. Keep the master key safe:
# without it nobody can read the personal data in the events again, from a backup either.
set -eu
cd "$(dirname "$0")/.."
umask 077
set -C # An existing .env is never overwritten.
random() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }
cat > .env <<EOF
KEYLEDGER_MASTER_KEY=$(random 32)
KEYLEDGER_OWNER_PASSWORD=$(random 24)
KEYLEDGER_SERVER_PASSWORD=$(random 24)
POSTGRES_PASSWORD=$(random 24)
KEYLEDGER_ADMIN_EMAIL=admin@localhost
EOF
echo "Wrote .env"
