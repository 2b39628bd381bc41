// Postman: its own converter makes a collection of the document, its own runner sends every request of it once, in order.
import converter from "openapi-to-postmanv2";
import newman from "newman";
import { given } from "./sending.mjs";

const { document, token, save, flags } = await given();

const options = {
  folderStrategy: "Tags",
  parametersResolution: "Example",
  enableOptionalParameters: flags.includes("--optional"),
};

const converted = await new Promise((resolve, reject) => {
  converter.convertV2({ type: "json", data: document }, options, (problem, result) =>
    problem || !result.result ? reject(problem ?? new Error(result.reason)) : resolve(result),
  );
});
const collection = converted.output[0].data;

const answers = [];
await new Promise((resolve, reject) => {
  newman
    .run({ collection, envVar: [{ key: "bearerToken", value: token }] }, (problem) => (problem ? reject(problem) : resolve()))
    .on("request", (problem, { item, request, response }) => {
      const answer = { name: item.name, method: request.method, url: request.url.toString(), status: response?.code ?? 0 };
      answers.push({ ...answer, text: String(problem ?? response?.text() ?? "").slice(0, 400) });
    });
});
await save(answers);
