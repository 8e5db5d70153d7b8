#!/bin/bash
# setup.sh : what the yardsticks need, once: wrk, PostgreSQL on 127.0.0.1:45432, 200 000 rows, the yardstick program, Fastify.
set -e; . "$(dirname "$0")/common.sh"
command -v wrk >/dev/null || { apt-get update -qq; apt-get install -y -qq wrk; }

mkdir -p "$D/fastify"; cp "$B/fastify/server.mjs" "$D/fastify/"
(cd "$D/fastify"; [ -f package.json ] || npm init -y >/dev/null; npm i --no-audit --no-fund fastify@5.12.8 pg@8.23.1 fast-jwt >/dev/null)

# Built beside the repository, so that none of its build settings reach the yardstick.
mkdir -p "$D/yardstick/src"; cp "$B"/yardstick/* "$D/yardstick/src/"
dotnet publish "$D/yardstick/src/Bench.csproj" -c Release -v q --nologo -o "$D/yardstick/out"

pg_isready -q || "$B/pg.sh" init
"$B/pg.sh" start
psql -At postgres -c "select 1 from pg_database where datname='bench'" | grep -q 1 || {
  createdb bench
  psql -q -v ON_ERROR_STOP=1 bench -f "$B/sql/schema.sql"
  psql -q -v ON_ERROR_STOP=1 bench -v users=1000 -v per=200 -f "$B/sql/seed.sql"
}
psql -At -F' ' -c "select setseed(0.42)" -c "select md5('task-'||n)::uuid, n % 1000, (extract(epoch from timestamptz '2025-01-01 00:00:00Z' + n * interval '10 seconds')*1000000)::bigint, n from (select floor(random()*200000)::int n from generate_series(1,50000)) s" bench | tail -n +2 >"$D/ids.txt"
dotnet "$D/yardstick/out/Bench.dll" tokens 1000 "$D/tokens.txt"
