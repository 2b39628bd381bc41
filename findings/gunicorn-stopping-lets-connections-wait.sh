#!/usr/bin/env bash
# A connection that is made while gunicorn stops is taken by the system, never answered, and reset at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill -9 "${server:-}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check gunicorn==27.0.1 2> /dev/null
cat > service.py <<'PY'
import time
def app(environ, start_response):
    time.sleep(4 if environ["PATH_INFO"] == "/slow" else 0)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
PY
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/gunicorn service:app --bind "127.0.0.1:$port" --worker-class gthread --threads 2 --no-control-socket > log 2>&1 &
server=$!
for _ in $(seq 100); do curl --silent "http://127.0.0.1:$port/" > /dev/null && break || sleep 0.1; done

curl --silent "http://127.0.0.1:$port/slow" > slow &
slow=$!
sleep 1
kill -TERM "$server"
sleep 1
said=$(python3 - "$port" <<'PY'
import socket, sys, time
began = time.monotonic()
try:
    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
except ConnectionRefusedError:
    sys.exit("refused")
client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
try:
    answer = "closed without an answer" if client.recv(100) == b"" else "answered"
except ConnectionResetError:
    answer = "reset"
print(f"connected, {answer} after {time.monotonic() - began:.1f} s")
PY
)
wait "$slow"

echo "version: gunicorn 27.0.1, gthread worker"
echo "behaviour: after SIGTERM, while a request still runs, a new connection is neither refused nor answered: the system accepts it, it waits until the worker ends, and is reset then. A proxy cannot send the request elsewhere meanwhile."
echo "output seen: running request: $(cat slow); new connection: $said"
[[ $(cat slow) == ok ]]
[[ $said == "connected, reset after "* || $said == "connected, closed without an answer after "* ]]
[[ ${said##*after } != 0.* ]]
