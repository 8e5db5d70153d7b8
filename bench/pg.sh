#!/bin/bash
# pg.sh init|start|stop : a private PostgreSQL on 127.0.0.1:45432 for the yardsticks and for the product alike.
set -e; . "$(dirname "$0")/common.sh"
P=$D/postgres
bin=$(dirname "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)")
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then as() { setpriv --reuid=postgres --regid=postgres --init-groups env HOME="$P" "$@"; }; else as() { "$@"; }; fi
case $1 in
init)
  mkdir -p "$P"; [ "$(id -u)" = 0 ] && chown postgres "$P"; cd "$P"
  [ -f "$P/data/PG_VERSION" ] || as "$bin/initdb" -D "$P/data" -U postgres -A trust --no-locale -E UTF8 >/dev/null
  cat >"$P/data/conf_bench.conf" <<C
listen_addresses='127.0.0.1'
port=45432
unix_socket_directories='$P'
max_connections=300
shared_buffers=2GB
effective_cache_size=8GB
work_mem=8MB
maintenance_work_mem=512MB
max_wal_size=8GB
checkpoint_timeout=30min
random_page_cost=1.1
jit=off
fsync=on
synchronous_commit=on
full_page_writes=on
autovacuum=on
track_commit_timestamp=on
C
  grep -q conf_bench "$P/data/postgresql.conf" || echo "include 'conf_bench.conf'" >>"$P/data/postgresql.conf" ;;
start)
  if pg_isready -q; then echo "PostgreSQL answers on 127.0.0.1:45432 already; that one is used."; exit 0; fi
  cd "$P"; as taskset -c 0,1 "$bin/pg_ctl" -D "$P/data" -w -l "$P/log" start ;;
stop) cd "$P"; as "$bin/pg_ctl" -D "$P/data" -m fast -w stop ;;
*) sed -n 2p "$0" >&2; exit 64 ;;
esac
