#!/usr/bin/env bash
# A read with If-Match of another version is refused by status only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check flask==3.1.3 werkzeug==3.1.9 2> /dev/null
cat > ask.py <<'PY'
from flask import Flask, request

app = Flask("page")


@app.get("/")
def page():
    response = app.make_response({"balance": 42})
    response.set_etag("second")
    return response.make_conditional(request)


client = app.test_client()
for name in ("If-None-Match", "If-Match"):
    tag = '"second"' if name == "If-None-Match" else '"first"'
    with client.get("/", headers={name: tag}) as answer:
        print(name, tag, answer.status_code, repr(answer.text.strip()))
PY
said=$(venv/bin/python ask.py)

echo "version: Werkzeug 3.1.9 with Flask 3.1.3"
echo "behaviour: Response.make_conditional answers If-Match of another version with 412, but sends the body of the current version with it, as if it were a 200; of a 304 it takes the body away."
echo "output seen: $(tr '\n' ';' <<< "$said")"
grep -q "If-None-Match \"second\" 304 ''" <<< "$said"
grep -q "If-Match \"first\" 412 '{\"balance\":42}'" <<< "$said"
