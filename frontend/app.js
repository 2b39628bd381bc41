// The client's entry: texts, who is signed in, the frame, the first page.

import { get } from "./lib/api.js";
import * as router from "./lib/router.js";
import * as session from "./lib/session.js";
import * as strings from "./lib/strings.js";
import * as shell from "./parts/shell.js";

// A page that is left aborts its requests, which is no fault, even where nothing waits for them any longer.
addEventListener("unhandledrejection", (event) => event.reason?.name === "AbortError" && event.preventDefault());

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

// In development files change under the reader, and a kept copy would only confuse.
if ("serviceWorker" in navigator && location.protocol === "https:") (await import("./lib/offline.js")).register();
