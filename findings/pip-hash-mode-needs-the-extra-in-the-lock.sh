#!/usr/bin/env bash
# A lock with every version and hash pinned is refused by pip 23.2.1 once a newer release of one package is published.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/python -m pip install --quiet pip==23.2.1
hash_of() { # NAME==VERSION: a requirement with the hash of its wheel
    venv/bin/python -m pip download --quiet --no-deps --only-binary :all: --dest "wheels/$1" "$1"
    printf '%s --hash=sha256:%s\n' "$2" "$(sha256sum "wheels/$1"/*.whl | cut -d' ' -f1)"
}
# flask-smorest 0.46.2 requires apispec[marshmallow].
{
    hash_of flask-smorest==0.46.2 flask-smorest==0.46.2
    hash_of apispec==6.8.2 apispec==6.8.2
    hash_of marshmallow==4.0.1 marshmallow==4.0.1
    hash_of packaging==25.0 packaging==25.0
    hash_of webargs==8.7.0 webargs==8.7.0
    hash_of werkzeug==3.1.3 werkzeug==3.1.3
    hash_of markupsafe==3.0.2 markupsafe==3.0.2
    hash_of flask==3.1.2 flask==3.1.2
    hash_of jinja2==3.1.6 jinja2==3.1.6
    hash_of click==8.3.0 click==8.3.0
    hash_of blinker==1.9.0 blinker==1.9.0
    hash_of itsdangerous==2.2.0 itsdangerous==2.2.0
} > plain.txt
sed 's/^apispec==/apispec[marshmallow]==/' plain.txt > extra.txt

try() { venv/bin/python -m pip install --dry-run --quiet --require-hashes -r "$1" 2>&1 | grep -v WARNING || true; }
said=$(try plain.txt)
said_extra=$(try extra.txt)

echo "version: pip 23.2.1 (bundled with Python 3.11.7 and 3.12.1), flask-smorest 0.46.2, apispec 6.8.2"
echo "behaviour: Where a locked package requires apispec[marshmallow] and the lock pins apispec==6.8.2 without the extra, pip in hash mode looks past the pin for the newest apispec and refuses it as not pinned, so the lock worked only until a newer apispec was published. With the extra in the lock it installs."
echo "output seen: $(grep -m1 'apispec\[' <<< "$said" || echo "$said")"
[[ $said == *"must have their versions pinned"* ]]
[[ -z $said_extra ]]
# The same pip reads both locks when it is not to resolve anything.
[[ $(venv/bin/python -m pip install --dry-run --quiet --no-deps --require-hashes -r plain.txt 2>&1 | grep -vc WARNING) == 0 ]]
