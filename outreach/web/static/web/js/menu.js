/** Close an open <details data-menu> on Escape, on a press elsewhere and when focus leaves it. */

const openMenus = () => document.querySelectorAll("details[data-menu][open]");

function close(menu, { refocus = false } = {}) {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) close(menu, { refocus: menu.contains(document.activeElement) });
});

for (const kind of ["pointerdown", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu);
  });
}
