# What the examples share; sourced by their run.sh, which has set -euo pipefail.
#
#   prepare                builds otel-run, installs what the example needs, picks a free port
#   azure                  starts a stand-in for Azure Monitor, unless a connection string is set
#   beside PORT COMMAND... starts a command in the background and waits until the port answers
#   start COMMAND...       the same on our own port: the one that `request` asks and `stop` ends
#   request PATH           one GET request; any answer will do
#   stop                   ends it as a service manager would, and tells how it ended
#   free_port              prints a port that is free
#
# READY_BIN, a folder with an otel-run, READY_VENV, a virtual environment, and READY_MODULES, if Node.js finds what it
# needs already, spare `prepare` its work.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$(cd "$(dirname "$0")" && pwd)
children=()
trap clean_up EXIT

# The last first: a stand-in takes what is still to come.
clean_up() {
  local i
  for ((i = ${#children[@]} - 1; i >= 0; i--)); do
    kill "${children[i]}" 2>/dev/null || continue
    wait "${children[i]}" 2>/dev/null || true
  done
}

prepare() {
  if [ -n "${READY_BIN:-}" ]; then
    PATH="$READY_BIN:$PATH"
  else
    echo "== otel-run" >&2
    cargo build --quiet --locked --release --manifest-path "$root/Cargo.toml"
    PATH="${CARGO_TARGET_DIR:-$root/target}/release:$PATH"
  fi
  if [ -n "${READY_VENV:-}" ]; then
    PATH="$READY_VENV/bin:$PATH"
  elif [ -f "$here/requirements.txt" ]; then
    echo "== virtual environment" >&2
    [ -x "$here/.venv/bin/python" ] || python3 -m venv "$here/.venv"
    "$here/.venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    PATH="$here/.venv/bin:$PATH"
  fi
  port=$(free_port)
  cd "$here"
  if [ -f package.json ] && [ -z "${READY_MODULES:-}" ]; then
    echo "== npm install" >&2
    npm install --silent --no-audit --no-fund --no-package-lock
  fi
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

azure() {
  [ -z "${APPLICATIONINSIGHTS_CONNECTION_STRING:-}" ] || return 0
  echo "== stand-in for Azure Monitor; set APPLICATIONINSIGHTS_CONNECTION_STRING to use your own" >&2
  local ingestion
  ingestion=$(free_port)
  beside "$ingestion" python3 "$root/examples/azure-stand-in.py" "$ingestion"
  local key=InstrumentationKey=00000000-0000-0000-0000-000000000000
  export APPLICATIONINSIGHTS_CONNECTION_STRING="$key;IngestionEndpoint=http://127.0.0.1:$ingestion/"
}

beside() {
  local at=$1
  shift
  "$@" &
  children+=($!)
  for _ in $(seq 600); do
    if get "http://127.0.0.1:$at/" >/dev/null 2>&1; then return; fi
    kill -0 "${children[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server does not answer: $*" >&2
  exit 1
}

start() {
  echo "== $*" >&2
  beside "$port" "$@"
  server=${children[-1]}
}

request() {
  get "http://127.0.0.1:$port$1"
}

get() {
  python3 - "$1" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())
except urllib.error.HTTPError as error:
    print(error)
PYTHON
}

stop() {
  kill -TERM "$server"
  local status=0
  wait "$server" || status=$?
  echo "== ended with status $status" >&2
}
