// Starts Swagger UI on the description of this API. Changes sent from here go in the name of the
// signed-in person, so they carry the CSRF token that the page was given.
const place = document.getElementById("swagger-ui");

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  validatorUrl: null,
  requestInterceptor(request) {
    const isOurs = new URL(request.url, document.baseURI).origin === window.location.origin;
    if (isOurs && request.method && request.method.toUpperCase() !== "GET") {
      request.headers["X-CSRFToken"] = place.dataset.csrf;
    }
    return request;
  },
});
