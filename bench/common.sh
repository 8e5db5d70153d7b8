# Sourced by the scripts beside it: where things are, and how a measured process is started.
B=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$B")
D=${BENCH_DIR:-/tmp/quehacer-bench}
export BENCH_DIR=$D PGHOST=127.0.0.1 PGPORT=45432 PGUSER=postgres DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
mkdir -p "$D"

# The measured processes share two processors, and, where root asks, go before whatever else the machine does.
CORES="taskset -c 0,1"
[ "$(id -u)" = 0 ] && CORES="nice -n -5 $CORES"

# start NAME COMMAND...: in the background, with the pid of the command itself in $D/NAME.pid and its output in $D/NAME.log.
start() {
  local name=$1; shift
  running "$name" && { echo "$name is up already" >&2; return 0; }
  ( exec $CORES "$@" >"$D/$name.log" 2>"$D/$name.err" </dev/null ) &
  echo $! >"$D/$name.pid"
}

running() { [ -f "$D/$1.pid" ] && kill -0 "$(cat "$D/$1.pid")" 2>/dev/null; }

# stop NAME: ends the process that start noted, and its children, and waits for the end.
stop() {
  local pid children
  [ -f "$D/$1.pid" ] || return 0
  pid=$(cat "$D/$1.pid"); children=$(pgrep -P "$pid" || true)
  kill "$pid" $children 2>/dev/null || true
  for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  rm -f "$D/$1.pid"
}

# listening PORT SECONDS: waits until somebody listens there.
listening() {
  for _ in $(seq $(($2 * 20))); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.05
  done
  return 1
}
