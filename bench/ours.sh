#!/bin/bash
# ours.sh seed | up | tokens | down : the product on 127.0.0.1:41100, on the database "quehacer" of the yardsticks' PostgreSQL.
# BENCH_TARGET=ours2m: a second one beside it, on port 41101 and the database "ours2m", with 10 000 users and one workspace of 100 000 tasks.
#   seed    makes the database anew: 1 000 users with 200 tasks each (about half a minute; ours2m: five); the server must be down
#   share   makes every workspace one of eleven people, and the first one of 10 000, for the target "shared" of run.py
#   up      starts the server (built before by: dotnet build -c Release)
#   tokens  signs everybody in: access tokens last an hour. With the server up, the entity tags for R4 and R5 are fetched as well
#   down    stops the server
# BENCH_TARGET=limited: a second server on the same database, on port 41102, which counts requests against limits that nobody reaches. The others
# have no limits.
set -e; . "$(dirname "$0")/common.sh"
server=$ROOT/artifacts/bin/Quehacer.Server/release/quehacer.dll
export BENCH_SIGNING_KEY="only for the benchmark, on the loopback interface, signs nothing real"
target=${BENCH_TARGET:-ours}
limits=RateLimits__Enabled=false
case $target in
limited) export BENCH_DATABASE=quehacer BENCH_PORT=41102; limits=RateLimits__StandardPerMinute=1000000000 ;;
ours) export BENCH_DATABASE=quehacer BENCH_PORT=41100 ;;
ours2m) export BENCH_DATABASE=ours2m BENCH_PORT=41101 BENCH_USERS=10000 BENCH_BIG=100000 ;;
*) echo "BENCH_TARGET is ours, limited or ours2m." >&2; exit 64 ;;
esac
seeder() {
  dotnet build "$B/seed/seed.csproj" -c Release -v q --nologo >"$D/seed-build.log" 2>&1 || { cat "$D/seed-build.log" >&2; exit 1; }
  dotnet "$ROOT/artifacts/bin/seed/release/seed.dll" "$@"
}
case $1 in
seed)
  [ $target = limited ] && { echo "It has the data of ours." >&2; exit 64; }
  running $target && { echo "The server is up: ours.sh down comes first." >&2; exit 75; }
  dropdb --if-exists --force $BENCH_DATABASE 2>/dev/null || dropdb --if-exists $BENCH_DATABASE
  createdb $BENCH_DATABASE
  seeder tasks
  seeder tokens ;;
tokens) seeder tokens ;;
share) psql -q -v ON_ERROR_STOP=1 "$BENCH_DATABASE" -f "$B/sql/share.sql" ;;
up)
  [ -f "$server" ] || { echo "There is no $server: build it with dotnet build -c Release." >&2; exit 66; }
  # The pool is as large as L2jwt's. The log is written as in earnest, a line a request, to a file.
  start $target env DATABASE_URL=postgres://postgres@127.0.0.1:45432/$BENCH_DATABASE Database__PoolSize=8 PORT=$BENCH_PORT Server__Address=127.0.0.1 \
    DATA_DIR="$D/$target-data" ASPNETCORE_ENVIRONMENT=Production Auth__SigningKey="$BENCH_SIGNING_KEY" $limits dotnet "$server" serve
  listening $BENCH_PORT 20 || { cat "$D/$target.err" >&2; exit 70; } ;;
down) stop $target ;;
*) sed -n 2,10p "$0" >&2; exit 64 ;;
esac
