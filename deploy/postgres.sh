#!/bin/sh
# Start one of three servers of PostgreSQL that replace each other (deploy/postgresql.conf, docs/operating.md).
#
# The first one that SERVERS names makes the database, and the others copy it. A former primary never starts as a second one: it asks
# the others first, and becomes a standby where one of them has been promoted. Promotion itself is the operator's.
#
#   NAME=db1 SERVERS=db1,db2,db3 PGPASSWORD=... PGDATA=... sh postgres.sh
#   ALONE=yes: the other two are lost. It starts without asking them, and commits without them.
set -eu

export PGUSER=rollcall PGCONNECT_TIMEOUT=3
CONFIGURATION=${CONFIGURATION:-/etc/postgresql/rollcall.conf}
others=$(printf '%s' "$SERVERS" | tr , '\n' | grep -Fxv "$NAME" | paste -sd , -)
of_primary="host=$others dbname=postgres target_session_attrs=read-write"
fresh=$PGDATA.new

ask() { psql --no-psqlrc --tuples-only --no-align --command "$2" "$1" 2> /dev/null; }

is_there_a_primary() { ask "$of_primary" 'SELECT' > /dev/null; }

# Whether another server is there, and has followed no later primary than this one was: each promotion leaves a file.
is_still_followed() {
    theirs=$(ask "host=$others dbname=postgres" "SELECT coalesce(max(name), '') FROM pg_ls_waldir() WHERE name LIKE '%.history'") || return 1
    ours=$(cd "$PGDATA/pg_wal" && find . -name '*.history' | sed 's|^\./||' | sort | tail -n 1)
    [ "$(printf '%s\n%s\n' "$theirs" "$ours" | sort | tail -n 1)" = "$ours" ]
}

make_database() {
    password=$(mktemp)
    printf '%s\n' "$PGPASSWORD" > "$password"
    initdb --pgdata "$fresh" --username "$PGUSER" --pwfile "$password" --auth scram-sha-256 --encoding UTF8 \
        --no-locale --locale-provider builtin --builtin-locale C.UTF-8
    rm "$password"
    printf "include '%s'\n" "$CONFIGURATION" >> "$fresh/postgresql.conf"
    printf 'host %s all all scram-sha-256\n' all replication >> "$fresh/pg_hba.conf"
    # The limits of the role are for connections through a pooler, which drops those that Rollcall asks for.
    postgres --single -D "$fresh" -c synchronous_standby_names= postgres > /dev/null << SQL
CREATE DATABASE rollcall
ALTER ROLE $PGUSER SET statement_timeout = '15s'
ALTER ROLE $PGUSER SET timezone = 'UTC'
SQL
    mv "$fresh" "$PGDATA"
}

copy_primary() {
    echo "$NAME waits for a primary among $others, to copy it." >&2
    until is_there_a_primary && pg_basebackup --pgdata "$fresh" --checkpoint fast --dbname "$of_primary"; do
        rm -rf "$fresh"
        sleep 1
    done
    touch "$fresh/standby.signal"
    mv "$fresh" "$PGDATA"
}

if ask "host=$NAME dbname=postgres" 'SELECT' > /dev/null; then
    echo "$NAME runs already." >&2
    exit 1
fi
rm -rf "$fresh"
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    if [ "$NAME" = "${SERVERS%%,*}" ] && ! ask "host=$others dbname=postgres" 'SELECT' > /dev/null; then
        make_database
    else
        copy_primary
    fi
elif [ ! -e "$PGDATA/standby.signal" ] && [ -z "${ALONE:-}" ]; then
    until is_there_a_primary || is_still_followed; do
        echo "$NAME was the primary. It waits for one of $others, to learn whether another one is; alone it could commit nothing." >&2
        sleep 2
    done
    if is_there_a_primary; then
        # Of a server that was killed. In a container its number is that of another process by now.
        rm -f "$PGDATA/postmaster.pid"
        pg_rewind --target-pgdata "$PGDATA" --source-server "$of_primary"
        touch "$PGDATA/standby.signal"
    fi
fi
exec postgres -D "$PGDATA" -c "cluster_name=$NAME" -c "listen_addresses=$NAME" ${ALONE:+-c synchronous_standby_names=}
