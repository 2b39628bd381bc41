#!/usr/bin/env bash
# An example that its JSON Schema accepts, and that a linter calls invalid.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm install --silent --no-audit --no-fund --prefix . @redocly/cli@2.77.0 ajv@8.17.1 > /dev/null 2>&1
cat > schema.json <<'JSON'
{
  "type": "object",
  "properties": {"email": {"type": "string"}, "user_id": {"type": "string"}},
  "dependentSchemas": {"email": {"properties": {"user_id": {"not": {}}}}}
}
JSON
cat > document.json <<JSON
{
  "openapi": "3.1.0",
  "info": {"title": "Courses", "version": "1"},
  "paths": {"/assign": {"post": {
    "requestBody": {"content": {"application/json": {"schema": $(cat schema.json), "example": {"email": "ada@example.org"}}}},
    "responses": {"200": {"description": "Done."}}
  }}}
}
JSON
cat > redocly.yaml <<'YAML'
rules:
  no-invalid-media-type-examples: error
YAML
cat > validate.js <<'JS'
const Ajv = require("ajv/dist/2020");
console.log(new Ajv().validate(require("./schema.json"), { email: "ada@example.org" }) ? "valid" : "invalid");
JS
said=$(REDOCLY_TELEMETRY=off node_modules/.bin/redocly lint document.json --config redocly.yaml 2>&1 || true)
valid=$(node validate.js)

echo "version: @redocly/cli 2.77.0, ajv 8.17.1 (JSON Schema 2020-12)"
echo "behaviour: no-invalid-media-type-examples rejects an example that the schema accepts, when the schema has dependentSchemas: it treats properties that are only named outside of it as unevaluated."
echo "output seen: ajv: $valid; redocly: $(grep -m1 -i 'unevaluated' <<< "$said" | sed 's/^ *//')"
[[ $valid == valid ]]
[[ $said == *"unevaluated"* ]]
