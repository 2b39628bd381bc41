// ReDoc over our own document, without telemetry.
import { init } from "./vendor/redoc/redoc.standalone.js";

const page = document.getElementById("reference");

// Its search would build a worker from text, which our Content-Security-Policy refuses; without one it searches in the page.
window.Worker = undefined;

init(page.dataset.spec, { disableTelemetry: true }, page);
