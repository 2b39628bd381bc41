// Hoppscotch: an import as its web client does it, and every request of it sent once, in order.
//
// The importer is no package of its own. What is done here follows packages/hoppscotch-common (2026.6.0),
// helpers/import-export/import/openapi/index.ts and example-generators/v31.ts:
// - the first server is the base; a request for each of GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH of a path;
// - only the parameters of an operation are read, not those of its path; all of them are switched on, with the first of
//   `example`, `examples`, `x-example`, `default`, `schema.default` for a value, else an empty one;
// - the first content type of a body: its example, or else one made up from the schema; files of forms stay empty;
// - `security` of an operation: absent inherits from the collection, where the user has entered a token; [] is none; else
//   the first requirement alone, and a token that it needs is an empty one;
// - one folder for each tag, in the order in which operations name them.
import { given } from "./sending.mjs";

const METHODS = ["get", "head", "post", "put", "delete", "options", "patch"];
const { document, token, save } = await given();

const valueOf = (described) => {
  const found = [
    described.example,
    Object.values(described.examples ?? {})[0]?.value,
    described["x-example"],
    described.default,
    described.schema?.default,
  ].find((value) => value !== undefined && value !== null);
  if (found === undefined) return "";
  return typeof found === "object" ? JSON.stringify(found) : String(found);
};

const resolved = (schema) =>
  schema?.$ref ? resolved(schema.$ref.split("/").slice(1).reduce((node, name) => node[name], document)) : (schema ?? {});

const PLACEHOLDERS = { number: 0, integer: 0, string: "string", boolean: true };

const madeUp = (reference) => {
  const schema = resolved(reference);
  if (schema.example) return schema.example;
  if (schema.examples) return schema.examples[0];
  if (!schema.type) return "";
  if (schema.type === "object") {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, member]) => [name, madeUp(member)]));
  }
  if (schema.type === "array") return [madeUp(schema.items)];
  if (Array.isArray(schema.type)) return schema.type.map((type) => PLACEHOLDERS[type] ?? null);
  return PLACEHOLDERS[schema.type] ?? null;
};

const bodyOf = (operation) => {
  const [contentType, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (!contentType) return {};
  if (contentType === "multipart/form-data") {
    const form = new FormData();
    for (const [name, member] of Object.entries(resolved(media.schema).properties ?? {})) {
      if (member.format !== "binary") form.append(name, valueOf(member));
    }
    return { body: form };
  }
  const value = media.example || Object.values(media.examples ?? {})[0]?.value || madeUp(media.schema);
  return { body: JSON.stringify(value, null, 2), headers: { "content-type": contentType } };
};

const authorizationOf = (operation) => {
  if (operation.security === undefined) return { authorization: `Bearer ${token}` };
  const [scheme] = Object.keys(operation.security[0] ?? {});
  return scheme ? { authorization: "Bearer " } : {};
};

const requests = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => {
    const operation = item[method];
    const given = (place) => (operation.parameters ?? []).filter((each) => each.in === place).map((each) => [each.name, valueOf(each)]);
    const filled = given("path").reduce((url, [name, value]) => url.replace(`{${name}}`, value), path);
    const query = new URLSearchParams(given("query"));
    const { body, headers } = bodyOf(operation);
    return {
      name: operation.summary ?? operation.operationId,
      tag: operation.tags?.[0] ?? "",
      method: method.toUpperCase(),
      url: `${document.servers[0].url}${filled}${query.size ? `?${query}` : ""}`,
      headers: { ...Object.fromEntries(given("header")), ...headers, ...authorizationOf(operation) },
      body,
    };
  }),
);

const folders = Map.groupBy ? [...Map.groupBy(requests, (each) => each.tag).values()] : [...new Set(requests.map((each) => each.tag))].map((tag) => requests.filter((each) => each.tag === tag));
const answers = [];
for (const { name, method, url, headers, body } of folders.flat()) {
  const response = await fetch(url, { method, headers, body, redirect: "manual" });
  answers.push({ name, method, url, status: response.status, text: (await response.text()).slice(0, 400) });
}
await save(answers);
