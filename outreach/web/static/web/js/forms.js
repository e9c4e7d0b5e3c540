/**
 * Bring the summary of errors into focus, and warn before unsaved changes are lost on a form
 * with data-guard.
 */

document.querySelector("[data-error-summary]")?.focus();

const changed = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && "guard" in form.dataset) changed.add(form);
});
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) changed.delete(event.target);
});
document.addEventListener("reset", (event) => changed.delete(event.target));

window.addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});
