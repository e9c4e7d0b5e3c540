/** Let people put a message away. Without this file messages simply stay on the page. */

for (const button of document.querySelectorAll("[data-toast] [data-dismiss]")) button.hidden = false;

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest("[data-toast]")?.remove();
});
