// A file on its way to the API, with its progress: fetch does not say how much of a body was sent.

import { API, ApiError, isChanged } from "./api.js";
import * as session from "./session.js";

/** Send the file as a form, with the `fields` beside it; null sends these alone. `onProgress(share)` hears how much has been sent, from 0 to 1. Answers the data; throws ApiError. */
export async function upload(method, path, file, how) {
  const token = await session.access();
  const request = await send(method, path, file, token, how);
  if (request.status !== 401 || !(await session.renew(token))) return read(request);
  return read(await send(method, path, file, await session.access(), how));
}

function send(method, path, file, token, { onProgress = null, signal = null, fields = {} }) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value ?? "");
  if (file) form.append("file", file);
  request.open(method, API + path);
  request.setRequestHeader("Accept", "application/json");
  if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
  request.upload.addEventListener("progress", ({ loaded, total }) => onProgress?.(total ? loaded / total : 0));
  signal?.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", async () => {
      const code = (file && (await isChanged(file))) ? "file_changed" : "offline";
      reject(new ApiError({ status: 0, code, message: code }));
    });
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    request.send(form);
  });
}

function read({ status, responseText }) {
  let answer = null;
  try {
    answer = JSON.parse(responseText);
  } catch {
    // A proxy answers with a page of its own.
  }
  if (status >= 200 && status < 300 && answer) return answer.data;
  throw new ApiError({ status, code: answer?.error?.code ?? "unavailable", message: answer?.message ?? String(status), details: answer?.error?.details, requestId: answer?.error?.request_id });
}
