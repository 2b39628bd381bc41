"""The deployment of `compose.two-nodes.yaml`: its parts know each other, and start with the files of `deploy/`."""

from __future__ import annotations

import re
import subprocess
from contextlib import ExitStack, suppress

from redis import Redis
from redis.exceptions import RedisError

from tests.support.compose import GIVEN, TWO_NODES, read, services_of
from tests.support.paths import ROOT
from tests.support.waiting import until
from tools import locate, ports
from tools.state import State, open_state


def test_every_part_that_may_die_is_there_more_than_once():
    services = services_of(TWO_NODES)
    copies = {each: int(services[each].get("deploy", {}).get("replicas", 1)) for each in ("worker", "sweep")}

    assert copies == {"worker": 2, "sweep": 2}
    for kind, number in {"node": 2, "pooler": 2, "db": 3, "redis": 2, "sentinel": 3}.items():
        assert {name for name in services if re.fullmatch(rf"{kind}\d", name)} == {
            f"{kind}{n}" for n in range(1, number + 1)
        }


def test_each_address_is_that_of_the_service():
    whole = read(TWO_NODES)
    named = whole["x-addresses"]
    given = {
        name: each["networks"]["default"]["ipv4_address"]
        for name, each in whole["services"].items()
        if "networks" in each
    }

    assert given == named
    assert len(set(named.values())) == len(named)


def test_the_configuration_of_the_load_balancer_names_the_nodes():
    text = (ROOT / "deploy" / "haproxy.cfg").read_text(encoding="utf-8")
    nodes = set(re.findall(r"^ +server (\S+) (\S+):(\d+)$", text, re.MULTILINE))

    assert nodes == {("node1", "node1", "8000"), ("node2", "node2", "8000")}
    assert services_of(TWO_NODES)["node1"]["expose"] == ["8000"]


def test_urls_name_services():
    services = services_of(TWO_NODES)
    settings = services["node1"]["environment"]
    hosts = {
        name: re.findall(r"(?:host=|[@,])([a-z]+\d)(?=[:,/&]|$)", settings[name])
        for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_REPLICA_URL", "REDIS_URL")
    }

    assert {name: sorted(found) for name, found in hosts.items()} == {
        "DATABASE_URL": ["pooler1", "pooler2"],
        "DATABASE_DIRECT_URL": ["db1", "db2", "db3"],
        "DATABASE_REPLICA_URL": ["db1", "db2", "db3"],
        "REDIS_URL": ["sentinel1", "sentinel2", "sentinel3"],
    }
    assert {host for found in hosts.values() for host in found} <= services.keys()


def test_the_names_of_the_databases_are_those_that_postgresql_knows():
    services = services_of(TWO_NODES)
    databases = [each["environment"] for name, each in services.items() if re.fullmatch(r"db\d", name)]
    text = (ROOT / "deploy" / "postgresql.conf").read_text(encoding="utf-8")

    (servers,) = {each["SERVERS"] for each in databases}
    assert servers == ",".join(each["NAME"] for each in databases)
    assert f"host={servers} " in text
    assert f"ANY 1 ({servers.replace(',', ', ')})" in text


def test_a_pooler_leads_to_the_server_that_is_named(tmp_path):
    pooler = services_of(TWO_NODES, {**GIVEN, "PRIMARY": "db2"})["pooler1"]
    shipped = ROOT / "deploy" / "pgbouncer.ini"

    made = run(
        pooler,
        {
            "/etc/pgbouncer/rollcall.ini": shipped,
            " > /tmp/": f" > {tmp_path}/",
            "pgbouncer /tmp/": f"pgbouncer {tmp_path}/",
            "exec pgbouncer": "cat",
        },
    )

    text = shipped.read_text(encoding="utf-8")
    assert made == text.replace("host=postgres ", "host=db2 ") != text


def test_a_pooler_knows_the_password():
    content = read(TWO_NODES)["configs"]["pgbouncer-users"]["content"]

    assert content == f'"rollcall" "{GIVEN["POSTGRES_PASSWORD"]}"\n'


def test_a_replica_of_redis_follows_the_primary(tmp_path):
    services = services_of(TWO_NODES)
    server = locate.redis(State(open_state().folder("test"))).path(*locate.REDIS_SERVERS)
    on = {"redis1": ports.pick(None), "redis2": ports.pick(None)}
    with ExitStack() as held:
        for name, port in on.items():
            folder = tmp_path / name
            folder.mkdir()
            service = services[name]
            if "REPLICA_OF" in service["environment"]:
                service["environment"]["REPLICA_OF"] = "127.0.0.1"
            process = held.enter_context(
                start(
                    service,
                    {
                        "/etc/rollcall/redis.conf": ROOT / "deploy" / "redis.conf",
                        " 6379": f" {on['redis1']}",
                        "docker-entrypoint.sh valkey-server redis.conf": f"{server} redis.conf --port {port}",
                    },
                    folder,
                )
            )
            held.callback(process.kill)
        client = held.enter_context(Redis(port=on["redis2"], password=GIVEN["REDIS_PASSWORD"]))
        until(lambda: follows(client))

        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_sentinel_watches_the_primary(tmp_path):
    services = services_of(TWO_NODES)
    changes = {
        "/etc/rollcall/sentinel.conf": ROOT / "deploy" / "sentinel.conf",
        "docker-entrypoint.sh valkey-server": "cat",
        " --sentinel": "",
    }

    made = run(services["sentinel1"], changes, tmp_path).splitlines()

    first = services["redis1"]["networks"]["default"]["ipv4_address"]
    assert f"sentinel monitor mymaster {first} 6379 2" in made
    assert f"sentinel auth-pass mymaster {GIVEN['REDIS_PASSWORD']}" in made


def command_of(service, changes):
    """The shell command of a service, with the paths of this machine."""
    shell, option, script = service["command"]
    for ours, here in changes.items():
        assert ours in script or ours == " 6379"
        script = script.replace(ours, str(here))
    return [shell, option, script]


def run(service, changes, folder=None):
    done = subprocess.run(
        command_of(service, changes),
        env={"PATH": "/usr/bin:/bin", **service["environment"]},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def start(service, changes, folder):
    return subprocess.Popen(
        command_of(service, changes),
        env={"PATH": "/usr/bin:/bin", **service["environment"]},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )


def follows(client):
    with suppress(RedisError):
        return client.info("replication").get("master_link_status") == "up"
    return False
