#!/bin/sh
# Prints secrets for docker-compose.yml, made now: docker/new-secrets.sh > .env
set -eu
hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
cat <<SECRETS
POSTGRES_PASSWORD=$(hex 16)
SERVICE_TOKEN_SECRET=$(hex 32)
SESSION_SECRET=$(hex 32)
MASTER_KEY=$(head -c 32 /dev/urandom | base64 | tr -d '\n')
ADMIN_EMAIL=admin@example.com
ADMIN_PASSWORD=$(hex 12)
BOOTSTRAP_API_KEY=rbk_$(hex 24)
SECRETS
