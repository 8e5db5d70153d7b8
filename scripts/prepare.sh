# What ./run and ./test need of a machine: sourced by both.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# The build server would outlive us and hold our files.
export MSBUILDDISABLENODEREUSE=1

# dotnet keeps its files in HOME; an account without one (a service user) gets a private place.
if [ ! -w "${HOME:-/nonexistent}" ]; then
  HOME=$(mktemp -d)
  export HOME
fi

prepare_dotnet() {
  if ! command -v dotnet >/dev/null 2>&1; then
    echo "The .NET SDK 10 is needed and was not found. Install it (https://dotnet.microsoft.com/download) and run this again." >&2
    exit 69
  fi
}

# Installs Debian packages when this is a Debian and we are root; says what to do otherwise.
install_packages() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing $* ..." >&2
    # A cluster of the distribution's own is of no use to us; keep Debian from making and starting one.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2
  else
    echo "Needed and not found: $*. Install them with your package manager (Debian: apt-get install $*) and run this again." >&2
    exit 69
  fi
}

have_postgres() {
  for binary in /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres /usr/local/pgsql*/bin/postgres \
                /opt/homebrew/opt/postgresql*/bin/postgres /usr/local/opt/postgresql*/bin/postgres; do
    [ -x "$binary" ] && return 0
  done
  command -v postgres >/dev/null 2>&1
}

# A PostgreSQL on this machine, unless the database is somewhere else.
prepare_postgres() {
  if [ -z "${DATABASE_URL:-}${Database__Url:-}${Database__BinDirectory:-}" ] && ! have_postgres; then
    install_packages postgresql
  fi
}

prepare_commands() {
  for command in "$@"; do
    command -v "$command" >/dev/null 2>&1 || install_packages "$command"
  done
}

# Chromium, unless another one is named. Where it cannot be installed, the tests that need it say so and the others go on.
prepare_browser() {
  [ -n "${QUEHACER_TEST_CHROMIUM:-}" ] || (prepare_commands chromium) || return 0
}

# Installs what a folder's package-lock.json pins, once for each state of it. Nothing of a package runs while it is installed. Where that
# cannot be done, the tests that need it say so and the others go on.
prepare_npm() {
  [ "$root/$1/node_modules/.package-lock.json" -nt "$root/$1/package-lock.json" ] && return
  # In a shell of its own, whose end is not ours.
  (prepare_commands npm) || return 0
  npm ci --prefix "$root/$1" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || echo "npm could not install what $1/package-lock.json pins." >&2
}
