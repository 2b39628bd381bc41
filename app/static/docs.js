// Swagger UI over our own document. Its settings are in data attributes, so that no script is inline.
const page = document.getElementById("swagger-ui");

window.ui = SwaggerUIBundle({
  ...JSON.parse(page.dataset.config),
  domNode: page,
  url: page.dataset.spec,
});
