/**
 * Dragging a visit to another day or vehicle of a proposal's board, with the mouse or after a long
 * press of a finger. The server moves it, times both days anew and answers with the board and what
 * the change breaks. Without this file a visit is moved by its own page.
 */

const FAR_ENOUGH_PX = 6;
const LONG_PRESS_MS = 450;
const EDGE_PX = 48;

let held = null;
let isSwallowing = false;

function board() {
  return document.getElementById("plan-board");
}

function cellAt(x, y) {
  return document.elementFromPoint(x, y)?.closest?.("[data-cell]") ?? null;
}

function press(event) {
  const card = event.target.closest?.("[data-visit]");
  if (!card || event.button !== 0 || held) return;
  held = { card, x: event.clientX, y: event.clientY, pointer: event.pointerId, isActive: false };
  held.home = card.closest("[data-cell]");
  held.isMouse = event.pointerType === "mouse";
  if (!held.isMouse) held.timer = setTimeout(begin, LONG_PRESS_MS);
  window.addEventListener("pointermove", follow);
  window.addEventListener("pointerup", drop);
  window.addEventListener("pointercancel", giveUp);
  window.addEventListener("keydown", escape, true);
}

function begin() {
  if (!held || held.isActive) return;
  held.isActive = true;
  const box = held.card.getBoundingClientRect();
  held.ghost = held.card.cloneNode(true);
  held.ghost.removeAttribute("data-visit");
  held.ghost.classList.add("is-ghost");
  held.ghost.setAttribute("aria-hidden", "true");
  held.ghost.style.width = `${box.width}px`;
  held.grip = { x: held.x - box.left, y: held.y - box.top };
  document.body.append(held.ghost);
  held.card.classList.add("is-left");
  board().classList.add("is-dragging");
  held.at = { x: held.x, y: held.y };
  held.frame = requestAnimationFrame(step);
}

function follow(event) {
  if (event.pointerId !== held?.pointer) return;
  const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR_ENOUGH_PX;
  if (!held.isActive && far) {
    if (held.isMouse) begin();
    else return giveUp();
  }
  if (!held?.isActive) return;
  event.preventDefault();
  held.at = { x: event.clientX, y: event.clientY };
}

/** Once a frame: scroll at the edges, and show where the visit would lie. */
function step() {
  if (!held?.isActive) return;
  place();
  held.frame = requestAnimationFrame(step);
}

function place() {
  const { x, y } = held.at;
  held.ghost.style.transform = `translate(${x - held.grip.x}px, ${y - held.grip.y}px)`;
  const cell = cellAt(x, y);
  if (cell !== held.cell) {
    held.cell?.classList.remove("is-target");
    held.cell = cell;
    if (cell && cell !== held.home) cell.classList.add("is-target");
  }
  const scroll = board().querySelector(".plan-scroll");
  const box = scroll.getBoundingClientRect();
  if (x > box.right - EDGE_PX) scroll.scrollLeft += 12;
  if (x < box.left + EDGE_PX) scroll.scrollLeft -= 12;
  if (y > window.innerHeight - EDGE_PX) window.scrollBy(0, 12);
  if (y < EDGE_PX) window.scrollBy(0, -12);
}

function drop(event) {
  if (event.pointerId !== held?.pointer) return;
  if (held.isActive) {
    held.at = { x: event.clientX, y: event.clientY };
    place();
  }
  const { isActive, cell, home, card } = held;
  end();
  if (!isActive) return;
  isSwallowing = true;
  setTimeout(() => {
    isSwallowing = false;
  });
  if (cell && cell !== home) send(card, cell);
}

function giveUp() {
  end();
}

function escape(event) {
  if (event.key !== "Escape" || !held?.isActive) return;
  event.stopPropagation();
  end();
}

function end() {
  if (!held) return;
  clearTimeout(held.timer);
  cancelAnimationFrame(held.frame);
  held.ghost?.remove();
  held.cell?.classList.remove("is-target");
  held.card.classList.remove("is-left");
  board()?.classList.remove("is-dragging");
  held = null;
  window.removeEventListener("pointermove", follow);
  window.removeEventListener("pointerup", drop);
  window.removeEventListener("pointercancel", giveUp);
  window.removeEventListener("keydown", escape, true);
}

function send(card, cell) {
  const form = board().querySelector("[data-drop-form]");
  const values = Object.fromEntries(new FormData(form));
  values.on = cell.dataset.on;
  values.vehicle = cell.dataset.vehicle;
  board().classList.add("is-busy");
  window.htmx.ajax("POST", card.dataset.url, {
    source: form,
    target: "#plan-board",
    select: "#plan-board",
    swap: "outerHTML",
    values,
  });
}

document.addEventListener("pointerdown", press);
document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.("[data-visit]")) event.preventDefault();
});
document.addEventListener("touchmove", (event) => held?.isActive && event.preventDefault(), {
  passive: false,
});
document.addEventListener(
  "click",
  (event) => {
    if (!isSwallowing) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
// A refusal comes as 200 with the board; whatever else fails leaves it as it was.
document.addEventListener("htmx:responseError", () => board()?.classList.remove("is-busy"));
