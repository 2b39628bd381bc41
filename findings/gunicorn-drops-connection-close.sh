#!/usr/bin/env bash
# An application that asks gunicorn to close a connection is not heard.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check gunicorn==27.0.1 2> /dev/null
cat > service.py <<'PY'
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2"), ("Connection", "close"), ("X-Sent", "close")])
    return [b"ok"]
PY
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/gunicorn service:app --bind "127.0.0.1:$port" --worker-class gthread --threads 2 --no-control-socket > log 2>&1 &
server=$!
for _ in $(seq 100); do curl --silent "http://127.0.0.1:$port/" > /dev/null && break || sleep 0.1; done
said=$(curl --silent --show-error --include "http://127.0.0.1:$port/" "http://127.0.0.1:$port/" --write-out '\nconnections opened: %{num_connects}\n' | tr -d '\r')

echo "version: gunicorn 27.0.1, gthread worker"
echo "behaviour: gunicorn drops the header Connection: close that an application sets, says keep-alive in its place, and keeps the connection open: the second request of the client goes over it."
echo "output seen: $(grep -iE '^(connection|x-sent|connections opened)' <<< "$said" | tr '\n' ';')"
[[ $(grep -ic '^connection: keep-alive' <<< "$said") == 2 ]]
[[ $said == *"connections opened: 0"* ]]
