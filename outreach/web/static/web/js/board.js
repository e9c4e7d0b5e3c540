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
const undoable = [];

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

async function refresh() {
  const data = await server.load();
  timeline.load(data);
  timeline.drawList(list);
  keys.ready();
}

async function keep(place, reasons) {
  const answer = await server.keep(place, reasons);
  undoable.push(answer.undo);
  await refresh();
  toast(answer.message, "success", answer.undo);
  refocus(place.bar.id, place.row);
}

async function takeBack(note = undoable.at(-1)) {
  if (!note) {
    say(words.nothingToUndo);
    return;
  }
  undoable.splice(undoable.indexOf(note), 1);
  try {
    const answer = await server.undo(note);
    await refresh();
    toast(answer.message, "success");
  } catch (error) {
    toast(error.message, "error");
  }
  if (document.activeElement === document.body) root.querySelector(".bar[tabindex='0']")?.focus();
}

function refuse(place, found) {
  const why = found.map((one) => one.message).join(" ");
  toast(fill(words.refused, { why }), "error");
  refocus(place.bar.id, place.from);
}

function refocus(id, row) {
  if (!narrow.matches) keys.focus(id, row);
}

const sheet = new parts.sheet.Sheet(
  document.getElementById("board-sheet"),
  timeline,
  server,
  tools,
  { keep, closedOn: (bar, row) => refocus(bar.id, row) },
);
const mover = new parts.mover.Mover(timeline, server, tools, {
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
  timeline.draw();
  keys.ready();
}).observe(root);

page.classList.add("is-ready");
try {
  await refresh();
  if (timeline.now > 0) root.scrollLeft = Math.max(timeline.x(timeline.now - 24 * 60), 0);
} catch (error) {
  toast(`${words.loadFailed} ${error.message}`, "error");
}
page.dataset.state = "loaded";
