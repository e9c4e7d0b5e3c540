/**
 * The board: bars on a line of days. This file joins its parts; without it the page leads to the
 * week and its forms. The parts are fetched by the addresses the page names, which carry a mark of
 * their content.
 */

const setup = JSON.parse(document.getElementById("board-setup").textContent);
const parts = Object.fromEntries(
  await Promise.all(
    Object.entries(setup.scripts).map(async ([name, url]) => [name, await import(url)]),
  ),
);
const { fill, icon, make, said } = parts.timeline;
const tools = { fill, icon, make, said };
const { words } = setup;

const page = document.querySelector("[data-board]");
const root = page.querySelector("[data-line]");
const list = page.querySelector("[data-list]");
const live = page.querySelector("[data-live]");
const toasts = page.querySelector("[data-toasts]");
const narrow = window.matchMedia("(max-width: 47.99rem)");

const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
const server = new parts.server.Server(setup, token);
const timeline = new parts.timeline.Timeline(root, setup);
const dialog = document.getElementById("board-sheet");
const undoable = [];
const REFRESH_AFTER_MS = 1500;
let later = 0;

const say = (text) => {
  live.textContent = text;
};

function toast(text, tone, undo = null) {
  const box = make("div", `toast ${tone}`);
  box.dataset.toast = "";
  box.append(icon(tone === "success" ? "circle-check" : "circle-alert"), make("p", "", text));
  if (undo) {
    const button = make("button", "toast-action", words.undo);
    button.type = "button";
    button.append(icon("undo-2"));
    button.addEventListener("click", () => takeBack(undo));
    box.append(button);
  }
  const away = make("button", "");
  away.type = "button";
  away.dataset.dismiss = "";
  away.setAttribute("aria-label", words.dismiss);
  away.append(icon("x"));
  box.append(away);
  toasts.replaceChildren(box);
}

/** Why something else was refused is old news once the next thing begins. */
function begun() {
  toasts.querySelector(".toast.error")?.remove();
}

/** Show what is known: as a line of days, or on a phone as a list of them. */
function paint() {
  if (narrow.matches) {
    timeline.drawList(list);
  } else {
    timeline.draw();
    keys.ready();
  }
}

async function refresh() {
  timeline.load(await server.load());
  paint();
}

/** Show a bar where it lies now. */
function show(bar) {
  timeline.change(bar);
  if (narrow.matches) timeline.drawList(list);
  else keys.ready();
  clearTimeout(later);
  later = setTimeout(refreshQuietly, REFRESH_AFTER_MS);
}

/** One change may open or close something for other bars; nobody has to wait for that. */
async function refreshQuietly() {
  if (mover.place || dialog.open || document.hidden) return;
  const bar = document.activeElement?.closest?.(".bar[data-id]");
  const data = await server.load().catch(() => null);
  if (!data || mover.place || dialog.open) return;
  timeline.load(data);
  paint();
  if (bar) refocus(bar.dataset.id, bar.dataset.row);
}

async function keep(place, reasons) {
  const answer = await server.keep(place, reasons);
  undoable.push(answer.undo);
  show(answer.bar);
  toast(answer.message, "success", answer.undo);
  refocus(place.bar.id, place.row);
}

async function takeBack(note = undoable.at(-1)) {
  if (!note) {
    say(words.nothingToUndo);
    return;
  }
  try {
    const answer = await server.undo(note);
    undoable.splice(undoable.indexOf(note), 1);
    show(answer.bar);
    toast(answer.message, "success");
    refocus(answer.bar.id, answer.bar.rows[0]);
  } catch (error) {
    toast(error.message, "error");
  }
}

function refuse(place, found) {
  const why = found.map((one) => one.message).join(" ");
  toast(fill(words.refused, { why }), "error");
  refocus(place.bar.id, place.from);
}

function refocus(id, row) {
  if (!narrow.matches) keys.focus(id, row);
}

const sheet = new parts.sheet.Sheet(dialog, timeline, server, tools, {
  begun,
  keep,
  closedOn: (bar, row) => refocus(bar.id, row),
});
const mover = new parts.mover.Mover(timeline, server, tools, {
  begun,
  say,
  keep,
  refuse,
  ask: (place, found) => sheet.open(place.bar, place.from, place, found),
});
const keys = new parts.keys.Keys(timeline, mover, { undo: () => takeBack() });
const drag = new parts.drag.Drag(timeline, mover);

page.addEventListener("click", (event) => {
  const element = event.target.closest(".bar[data-id]");
  if (!element || drag.active || keys.moving) return;
  sheet.open(timeline.bars.get(element.dataset.id), element.dataset.row);
});
for (const button of page.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => {
    timeline.zoomBy(Number(button.dataset.zoom));
    keys.ready();
  });
}

let width = root.clientWidth;
new ResizeObserver(() => {
  if (!timeline.rows || mover.place || root.clientWidth === width || !root.clientWidth) return;
  width = root.clientWidth;
  paint();
}).observe(root);
narrow.addEventListener("change", () => timeline.rows && paint());

page.classList.add("is-ready");
try {
  await refresh();
  if (timeline.now > 0 && !narrow.matches) root.scrollLeft = Math.max(timeline.x(timeline.now - 24 * 60), 0);
} catch (error) {
  toast(`${words.loadFailed} ${error.message}`, "error");
}
page.dataset.state = "loaded";
