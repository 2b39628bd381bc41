// What Postman keeps of a collection: its own library reads the file, and the items that it has read are listed.
import { readFile } from "node:fs/promises";
import library from "postman-collection";

const [, , path] = process.argv;
const collection = new library.Collection(JSON.parse(await readFile(path, "utf8")));

const items = [];
collection.forEachItem((item) => {
  const { name, request, responses } = item;
  items.push({
    name,
    method: request.method,
    hasDescription: Boolean(request.description?.toString()),
    examples: responses.map((each) => each.name),
    scripts: item.events.map((each) => each.listen),
  });
});
const variables = collection.variables.map(({ key, value }) => [key, value]);
process.stdout.write(JSON.stringify({ items, variables }));
