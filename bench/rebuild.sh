#!/bin/bash
# rebuild.sh [seed] : events a second of `quehacer rebuild` over about a million events (3 000 users with 200 tasks each, and one workspace of
# 25 000 tasks), on the database "rebuild" of the yardsticks' PostgreSQL. With "seed", or where there is none yet, the database is made first.
# Three runs, each as it would be beside servers; the memory is that of the verb's own process.
set -e; . "$(dirname "$0")/common.sh"
server=$ROOT/artifacts/bin/Quehacer.Server/release/quehacer.dll
[ -f "$server" ] || { echo "There is no $server: build it with dotnet build -c Release." >&2; exit 66; }
if [ "$1" = seed ] || ! psql -At postgres -c "select 1 from pg_database where datname='rebuild'" | grep -q 1; then
  dotnet build "$B/seed/seed.csproj" -c Release -v q --nologo >"$D/seed-build.log" 2>&1 || { cat "$D/seed-build.log" >&2; exit 1; }
  dropdb --if-exists rebuild; createdb rebuild
  BENCH_DATABASE=rebuild BENCH_TARGET=rebuild BENCH_USERS=3000 BENCH_BIG=25000 dotnet "$ROOT/artifacts/bin/seed/release/seed.dll" tasks
fi
for _ in 1 2 3; do
  env DATABASE_URL=postgres://postgres@127.0.0.1:45432/rebuild Auth__SigningKey="only for the benchmark, on the loopback interface" \
    $CORES python3 -c 'import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print("%d MiB at most" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(code)' dotnet "$server" rebuild
done
