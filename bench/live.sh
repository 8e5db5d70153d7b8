#!/bin/bash
# live.sh: what listening costs, on the product of ours.sh (pg.sh start; ours.sh seed once before). Prints figures and ends what it started.
#   how old events are when 1 000 people on 1 000 sessions hear of 100 changes a second of one workspace
#   what 10 000 idle listeners take of memory
#   how fast 100 000 events are caught up with, by asking and by listening
set -e; . "$(dirname "$0")/common.sh"
gcc -O2 -Wall -o "$D/listen" "$B/live/listen.c"
ulimit -n "$(ulimit -Hn)"
export Server__MaxConnections=20000 Live__ListenersPerUser=20000
"$B/ours.sh" up
trap '"$B/ours.sh" down' EXIT
"$B/ours.sh" tokens
psql -q -v ON_ERROR_STOP=1 quehacer -f "$B/sql/live.sql"
python3 "$B/live/live.py" "$D" "$@"
