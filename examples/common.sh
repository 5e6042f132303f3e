# What the examples share; sourced by their run.sh, which has set -euo pipefail.
#
#   prepare              builds otel-run, makes the example's virtual environment, picks a free port
#   start COMMAND...     starts a command in the background and waits until the port answers
#   stop                 ends it as a service manager would, and tells how it ended

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$(cd "$(dirname "$0")" && pwd)

prepare() {
  echo "== otel-run" >&2
  cargo build --quiet --locked --release --manifest-path "$root/Cargo.toml"
  PATH="${CARGO_TARGET_DIR:-$root/target}/release:$PATH"
  if [ -f "$here/requirements.txt" ]; then
    echo "== virtual environment" >&2
    [ -x "$here/.venv/bin/python" ] || python3 -m venv "$here/.venv"
    "$here/.venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    PATH="$here/.venv/bin:$PATH"
  fi
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cd "$here"
}

start() {
  echo "== $*" >&2
  "$@" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true' EXIT
  for _ in $(seq 100); do
    if request / >/dev/null 2>&1; then return; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server does not answer" >&2
  exit 1
}

# One GET request; any answer will do.
request() {
  python3 - "http://127.0.0.1:$port$1" <<'PYTHON'
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
  trap - EXIT
  echo "== ended with status $status" >&2
}
