#!/usr/bin/env bash
# What Postman's converter makes of the two ways in which OpenAPI says that a token is not needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm install --silent --no-audit --no-fund --prefix . openapi-to-postmanv2@6.3.3 > /dev/null 2>&1
cat > convert.js <<'JS'
const { convertV2 } = require("openapi-to-postmanv2");
const answer = { responses: { 200: { description: "Done." } } };
const data = {
  openapi: "3.0.3",
  info: { title: "Courses", version: "1" },
  servers: [{ url: "http://127.0.0.1" }],
  components: { securitySchemes: { bearerAuth: { type: "http", scheme: "bearer" } } },
  security: [{ bearerAuth: [] }],
  paths: {
    "/courses": { get: { ...answer, summary: "optional", security: [{}, { bearerAuth: [] }] } },
    "/login": { post: { ...answer, summary: "public", security: [] } },
  },
};
convertV2({ type: "json", data }, {}, (error, result) => {
  if (error || !result.result) throw error || new Error(result.reason);
  const [{ data: collection }] = result.output.map((each) => ({ data: each.data }));
  const requests = [];
  const walk = (items) => items.forEach((item) => (item.item ? walk(item.item) : requests.push(item.request)));
  walk(collection.item);
  for (const { name, auth } of requests) console.log(`${name}: auth ${auth === null || auth === undefined ? "inherited" : auth.type}`);
  console.log(`collection: auth ${collection.auth && collection.auth.type}`);
});
JS
said=$(node convert.js)

echo "version: openapi-to-postmanv2 6.3.3"
echo "behaviour: An operation whose token is optional (security: [{}, bearerAuth]) becomes a request with noauth, which never sends the token; one that needs none (security: []) inherits the collection's bearer token and sends it."
echo "output seen: $(tr '\n' ';' <<< "$said")"
[[ $said == *"optional: auth noauth"* ]]
[[ $said == *"public: auth inherited"* ]]
[[ $said == *"collection: auth bearer"* ]]
