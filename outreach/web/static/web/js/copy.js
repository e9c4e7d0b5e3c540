/** Buttons that copy the text of a field; without this file the text is selected by hand. */

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const first = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.focus();
      field.select();
      return;
    }
    label.textContent = button.dataset.copied;
    setTimeout(() => {
      label.textContent = first;
    }, 2000);
  });
}
