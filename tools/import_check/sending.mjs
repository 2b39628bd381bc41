// What the checks share: reading their arguments, and counting responses.
import { readFile, writeFile } from "node:fs/promises";

/** The document, the access token and the file that takes the result, from the command line. */
export async function given() {
  const [documentPath, token, resultPath, ...flags] = process.argv.slice(2);
  const document = JSON.parse(await readFile(documentPath, "utf8"));
  const save = (answers) => writeFile(resultPath, JSON.stringify(answers, null, 1));
  return { document, token, save, flags };
}
