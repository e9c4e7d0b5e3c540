/**
 * The coordinator's desk: search in long lists, stops and pauses added without a round trip, and
 * days that follow the departure. Without this file the same buttons ask the server.
 */

const fold = (text) =>
  text.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/\p{M}/gu, "").trim();

/** Put a search field above a long list; the list then offers only what matches every word. */
function searchable(select) {
  const groups = [...select.querySelectorAll("optgroup")].map((group) => ({
    group,
    options: [...group.children].map((option) => ({
      option,
      key: fold(`${option.textContent} ${group.label}`),
    })),
  }));
  const box = document.createElement("div");
  box.className = "venue-search";
  const input = document.createElement("input");
  input.type = "search";
  input.autocomplete = "off";
  input.placeholder = select.dataset.search;
  input.setAttribute("aria-label", select.dataset.search);
  input.setAttribute("aria-controls", select.id);
  box.append(input);
  select.before(box);

  input.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    const chosen = select.value;
    const found = [];
    for (const { group, options } of groups) {
      const fitting = options.filter(
        ({ option, key }) => option.value === chosen || words.every((word) => key.includes(word)),
      );
      group.replaceChildren(...fitting.map(({ option }) => option));
      group.hidden = fitting.length === 0;
      found.push(...fitting.filter(({ key }) => words.every((word) => key.includes(word))));
    }
    if (words.length && found.length === 1) choose(select, found[0].option.value);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    const first = groups
      .flatMap(({ options }) => options)
      .find(({ key }) => words.length && words.every((word) => key.includes(word)));
    if (first && event.key === "Enter") choose(select, first.option.value);
    select.focus();
  });
}

function choose(select, value) {
  if (select.value === value) return;
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

function enhance(root) {
  for (const select of root.querySelectorAll("select[data-search]")) searchable(select);
}

function number(list) {
  list.querySelectorAll("[data-stop-number]").forEach((place, index) => {
    place.textContent = index + 1;
  });
}

/** Stops are numbered once and never again: the server skips numbers that are not sent. */
function addStop(form) {
  const total = form.elements[`${form.dataset.stops}-TOTAL_FORMS`];
  const most = form.elements[`${form.dataset.stops}-MAX_NUM_FORMS`];
  if (Number(total.value) >= Number(most.value)) return false;
  const list = form.querySelector("[data-stop-list]");
  const last = list.querySelector("[data-stop]:last-child input[name$='-on']");
  const holder = document.createElement("template");
  holder.innerHTML = form
    .querySelector("[data-stop-template]")
    .innerHTML.replaceAll("__prefix__", total.value);
  const stop = holder.content.firstElementChild;
  stop.querySelector("input[name$='-on']").value =
    last?.value || form.elements.departs_on?.value || "";
  list.append(stop);
  total.value = Number(total.value) + 1;
  enhance(stop);
  number(list);
  stop.querySelector("input[type=search], select").focus();
  return true;
}

/** The next pause: after a night the lunch of the day after it, otherwise a night. */
function addPause(box) {
  const form = box.closest("form");
  const field = (name) => form.elements[`${box.dataset.pauses}-${name}`];
  const total = field("TOTAL_FORMS");
  if (Number(total.value) >= Number(field("MAX_NUM_FORMS").value)) return false;
  const last = (name) => field(`${total.value - 1}-${name}`)?.value ?? "";
  const isAfterNight = last("kind") === "night";
  const kind = isAfterNight || total.value === "0" ? "lunch" : "night";
  let on = last("on") || form.elements.departs_on?.value || "";
  if (isAfterNight) on = dayAfter(on, form.elements.returns_on?.value);
  const holder = document.createElement("template");
  holder.innerHTML = box
    .querySelector("[data-pause-template]")
    .innerHTML.replaceAll("__prefix__", total.value);
  const pause = holder.content.firstElementChild;
  pause.querySelector("select[name$='-kind']").value = kind;
  pause.querySelector("input[name$='-on']").value = on;
  pause.querySelector("[data-pause-number]").textContent = Number(total.value) + 1;
  box.querySelector("[data-pause-list]").append(pause);
  total.value = Number(total.value) + 1;
  enhance(pause);
  pause.querySelector("select").focus();
  return true;
}

/** The next day of a trip; the same one where it is the last, or cannot be read. */
function dayAfter(on, last) {
  const next = new Date(`${on}T00:00Z`);
  if (Number.isNaN(next.getTime())) return on;
  next.setUTCDate(next.getUTCDate() + 1);
  const day = next.toISOString().slice(0, 10);
  return last && day <= last ? day : on;
}

/** Days that were the departure's stay the departure's. */
function followDeparture(form) {
  const departs = form.elements.departs_on;
  if (!departs) return;
  let before = departs.value;
  departs.addEventListener("change", () => {
    const same = [form.elements.returns_on, ...form.querySelectorAll("[data-stop] input[name$='-on']")];
    for (const day of same) if (day && (day.value === before || !day.value)) day.value = departs.value;
    before = departs.value;
  });
}

enhance(document);
for (const box of document.querySelectorAll("[data-pauses]")) {
  box.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-pause]") && addPause(box)) event.preventDefault();
  });
}
for (const form of document.querySelectorAll("form[data-stops]")) {
  followDeparture(form);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-stop], [data-remove-stop]");
    if (!button) return;
    if (button.matches("[data-add-stop]")) {
      if (addStop(form)) event.preventDefault();
      return;
    }
    event.preventDefault();
    const list = form.querySelector("[data-stop-list]");
    button.closest("[data-stop]").remove();
    number(list);
    form.querySelector("[data-add-stop]")?.focus();
  });
}
