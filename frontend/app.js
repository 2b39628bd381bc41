// The client's entry: texts, who is signed in, the frame, the first page.

import { get } from "./lib/api.js";
import * as router from "./lib/router.js";
import * as session from "./lib/session.js";
import * as strings from "./lib/strings.js";
import * as shell from "./parts/shell.js";

await strings.load("common");
try {
  await session.restore(get);
} catch {
  // The server cannot be reached: the first page says so, and offers to try again.
}
shell.start();
session.onChange((user, why) => {
  if (user === null && why === "ended") router.go(`/login?ended=1&next=${encodeURIComponent(location.pathname + location.search)}`);
});
await router.start();

if ("serviceWorker" in navigator && location.protocol === "https:") {
  const policy = globalThis.trustedTypes?.createPolicy("rollcall", { createScriptURL: (url) => (url === "/service-worker.js" ? url : "") });
  navigator.serviceWorker.register(policy ? policy.createScriptURL("/service-worker.js") : "/service-worker.js");
}
