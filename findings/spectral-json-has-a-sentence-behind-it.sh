#!/usr/bin/env bash
# The machine-readable report of a linter that found nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm install --silent --no-audit --no-fund --prefix . @stoplight/spectral-cli@6.16.3 > /dev/null 2>&1
cat > ruleset.yaml <<'YAML'
rules:
  title:
    given: $.info
    then: {field: title, function: truthy}
YAML
cat > good.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "Courses", "version": "1"}, "paths": {}}
JSON
said=$(node_modules/.bin/spectral lint good.json --ruleset ruleset.yaml --format json 2> /dev/null)

echo "version: @stoplight/spectral-cli 6.16.3"
echo "behaviour: With --format json a document without findings is reported as an empty array followed by a sentence for people on standard output, so the output as a whole is not JSON."
echo "output seen: $(tr '\n' ' ' <<< "$said")"
[[ $said == "[]"* ]]
! python3 -c 'import json, sys; json.load(sys.stdin)' <<< "$said" 2> /dev/null
