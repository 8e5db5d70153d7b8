#!/bin/bash
# startup.sh [RUNS] : seconds from the start of the process to the first authenticated row, on an existing data directory with the
# embedded PostgreSQL, and the server process's memory idle and after a load. Medians of RUNS (5).
set -e; . "$(dirname "$0")/common.sh"
exec python3 "$B/startup.py" "$ROOT/artifacts/bin/Quehacer.Server/release/quehacer.dll" "${1:-5}"
