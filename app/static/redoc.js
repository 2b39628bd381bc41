// ReDoc over our own document, telling nobody about it.
import { init } from "./vendor/redoc/redoc.standalone.js";

const page = document.getElementById("reference");

// Its search would build a worker out of text, which our Content-Security-Policy refuses; without, it searches in the page.
window.Worker = undefined;

init(page.dataset.spec, { disableTelemetry: true }, page);
