/**
 * The board's picture: a row for each vehicle or person, a bar for each trip or event. It knows
 * where a time lies in the picture and back. Times are minutes since the first day's midnight, in
 * the clock time of the library, so that no zone of the reader's machine comes into it.
 */

const DAY_MIN = 24 * 60;
const DAWN_MIN = 5 * 60;
const DUSK_MIN = 20 * 60;
const LANE_PX = 54;
const LANE_GAP_PX = 3;
const NARROWEST_BAR_PX = 30;
const LEAST_DAY_PX = { week: 118, month: 100 };
const ZOOMS = [1, 1.5, 2.25, 3.5, 5];
const LABEL_PX = 144;
const TIP_GAP_PX = 8;

export const fill = (text, values = {}) =>
  text.replace(/%\((\w+)\)s/g, (_all, name) => values[name] ?? "");

export class Timeline {
  /** `root` is the scrolling box; `setup` is what the page says about itself. */
  constructor(root, setup) {
    this.root = root;
    this.words = setup.words;
    this.view = setup.view;
    this.by = setup.by;
    this.zoom = 0;
    this.first = Date.parse(`${setup.first}T00:00Z`);
    this.days = setup.days;
    // Days before months, as on every other page.
    const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
    const utc = (options) => new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
    this.long = utc({ weekday: "long", day: "numeric", month: "long" });
    this.weekday = utc({ weekday: "short" });
    // Writing a day takes long, and there are few of them.
    this.inFull = new Map();
    this.inShort = new Map();
    // Of the page and of the box alike.
    window.addEventListener("scroll", () => this.placeTip(), { capture: true, passive: true });
  }

  minutes(stamp) {
    return (Date.parse(`${stamp}Z`) - this.first) / 60000;
  }

  stamp(minutes) {
    return new Date(this.first + minutes * 60000).toISOString().slice(0, 16);
  }

  /** A day as the other pages write it, day before month: "Mon 1/3"; or in full. */
  day(minutes, { inFull = false } = {}) {
    const known = inFull ? this.inFull : this.inShort;
    const day = Math.floor(minutes / DAY_MIN);
    if (!known.has(day)) {
      const at = new Date(this.first + day * DAY_MIN * 60000);
      const short = `${this.weekday.format(at)} ${at.getUTCDate()}/${at.getUTCMonth() + 1}`;
      known.set(day, inFull ? this.long.format(at) : short);
    }
    return known.get(day);
  }

  clock(minutes) {
    return this.stamp(minutes).slice(11);
  }

  /** A span as people read it: "Mon 1/3 07:00–17:00". */
  span(start, end) {
    const sameDay = Math.floor(start / DAY_MIN) === Math.floor(end / DAY_MIN);
    const until = sameDay ? this.clock(end) : `${this.day(end)} ${this.clock(end)}`;
    return `${this.day(start)} ${this.clock(start)}–${until}`;
  }

  /** Take in what the server says; draw or drawList shows it. */
  load(data) {
    this.rows = data.rows;
    this.labels = new Map(data.rows.map((row) => [row.id, row.label]));
    this.now = this.minutes(data.now);
    this.bars = new Map();
    for (const bar of data.bars) this.bars.set(bar.id, this.timed(bar));
    this.off = data.off.map((time) => ({
      ...time,
      from: this.minutes(time.start),
      to: this.minutes(time.end),
    }));
    this.sort();
    this.window();
  }

  timed(bar) {
    bar.from = this.minutes(bar.start);
    bar.to = this.minutes(bar.end);
    return bar;
  }

  sort() {
    this.byRow = new Map(this.rows.map((row) => [row.id, []]));
    for (const bar of this.bars.values()) {
      for (const row of bar.rows) this.byRow.get(row)?.push(bar);
    }
    for (const bars of this.byRow.values()) bars.sort((a, b) => a.from - b.from || a.to - b.to);
  }

  /** Put the bar of a moved trip or event in the place of its old one; draw what that touches. */
  change(bar) {
    const old = this.bars.get(bar.id);
    this.timed(bar);
    this.bars.delete(bar.id);
    if (bar.to > 0 && bar.from < this.days * DAY_MIN) this.bars.set(bar.id, bar);
    this.sort();
    const hours = `${this.open} ${this.close}`;
    this.window();
    if (!this.body) return;
    if (hours !== `${this.open} ${this.close}`) {
      this.draw();
      return;
    }
    this.elements.delete(bar.id);
    for (const row of this.rows) {
      if (!bar.rows.includes(row.id) && !old?.rows.includes(row.id)) continue;
      const before = this.rowElements.get(row.id);
      before.replaceWith(this.drawRow(row));
    }
  }

  /** Which hours are shown: dawn to dusk, and longer where something lies outside. */
  window() {
    this.open = DAWN_MIN;
    this.close = DUSK_MIN;
    for (const bar of this.bars.values()) {
      for (const time of [bar.from, bar.to]) {
        const minute = ((time % DAY_MIN) + DAY_MIN) % DAY_MIN;
        if (minute === 0) continue;
        this.open = Math.min(this.open, Math.floor(minute / 60) * 60);
        this.close = Math.max(this.close, Math.ceil(minute / 60) * 60);
      }
    }
    this.dayMin = this.close - this.open;
  }

  scale() {
    const room = this.root.clientWidth - LABEL_PX - 2;
    const least = LEAST_DAY_PX[this.view];
    const dayPx = Math.max(least, Math.floor(room / this.days)) * ZOOMS[this.zoom];
    this.perMin = dayPx / this.dayMin;
    this.width = dayPx * this.days;
    this.root.style.setProperty("--day", `${dayPx}px`);
    this.root.style.setProperty("--hour", `${this.perMin * 60}px`);
    this.root.style.setProperty("--width", `${this.width}px`);
    this.root.classList.toggle("shows-hours", this.perMin * 60 >= 18);
  }

  x(minutes) {
    const day = Math.floor(minutes / DAY_MIN);
    const within = Math.min(Math.max(minutes - day * DAY_MIN - this.open, 0), this.dayMin);
    const x = (day * this.dayMin + within) * this.perMin;
    return Math.min(Math.max(x, 0), this.width);
  }

  /** The time under a point of the window. */
  at(clientX) {
    const left = this.body.getBoundingClientRect().left + LABEL_PX;
    const minutes = (clientX - left) / this.perMin;
    const day = Math.floor(minutes / this.dayMin);
    return day * DAY_MIN + this.open + (minutes - day * this.dayMin);
  }

  /** Where the rows lie, as they will stay while something is moved. */
  measure() {
    this.edges = this.rows.map((row) => {
      const element = this.rowElements.get(row.id);
      return { id: row.id, top: element.offsetTop, bottom: element.offsetTop + element.offsetHeight };
    });
    this.height = this.edges.at(-1).bottom;
  }

  rowAt(clientY) {
    const y = clientY - this.body.getBoundingClientRect().top;
    return this.edges.find((edge) => y >= edge.top && y < edge.bottom)?.id ?? null;
  }

  draw() {
    this.scale();
    const kept = { left: this.root.scrollLeft, top: this.root.scrollTop };
    const head = this.drawHead();
    this.body = make("div", "board-body");
    this.elements = new Map();
    this.rowElements = new Map();
    for (const row of this.rows) this.body.append(this.drawRow(row));
    this.layer = make("div", "board-layer");
    this.layer.setAttribute("aria-hidden", "true");
    this.drawNow();
    this.body.append(this.layer);
    this.root.replaceChildren(head, this.body);
    this.root.scrollTo(kept);
  }

  drawHead() {
    const head = make("div", "board-head");
    head.setAttribute("aria-hidden", "true");
    head.append(make("div", "board-corner", this.words[this.by === "crew" ? "person" : "vehicle"]));
    const track = make("div", "board-days");
    for (let day = 0; day < this.days; day += 1) {
      const cell = make("div", "board-day", this.day(day * DAY_MIN));
      const isToday = Math.floor(this.now / DAY_MIN) === day;
      if (isToday) {
        cell.classList.add("is-today");
        cell.append(make("b", "", this.words.today));
      }
      if (this.root.classList.contains("shows-hours")) cell.append(this.drawHours());
      track.append(cell);
    }
    head.append(track);
    return head;
  }

  drawHours() {
    const hours = make("span", "board-hours");
    const step = this.perMin * 60 >= 40 ? 1 : 3;
    for (let hour = Math.ceil(this.open / 60); hour < this.close / 60; hour += 1) {
      if (hour % step) continue;
      const label = make("span", "", String(hour));
      label.style.left = `${(hour * 60 - this.open) * this.perMin}px`;
      hours.append(label);
    }
    return hours;
  }

  drawRow(row) {
    const element = make("div", "board-row");
    element.dataset.row = row.id;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", row.label);
    const label = make("div", "board-label", row.label);
    if (row.note) label.append(make("small", "", row.note));
    const track = make("div", "board-track");
    for (const time of this.off) {
      if (time.row === row.id) track.append(this.drawOff(time));
    }
    const lanes = this.lanes(this.byRow.get(row.id));
    for (const [bar, lane] of lanes.placed) track.append(this.drawBar(bar, row.id, lane));
    element.style.minHeight = `${lanes.count * (LANE_PX + LANE_GAP_PX) + LANE_GAP_PX}px`;
    element.append(label, track);
    this.rowElements.set(row.id, element);
    return element;
  }

  /** Bars that would cover each other lie below each other. */
  lanes(bars) {
    const ends = [];
    const placed = [];
    for (const bar of bars) {
      const left = this.x(bar.from);
      const right = Math.max(this.x(bar.to), left + NARROWEST_BAR_PX);
      let lane = ends.findIndex((end) => end <= left + 0.5);
      if (lane < 0) lane = ends.length;
      ends[lane] = right;
      placed.push([bar, lane]);
    }
    return { placed, count: Math.max(ends.length, 1) };
  }

  drawOff(time) {
    const element = make("div", "board-off");
    const left = this.x(time.from);
    element.style.left = `${left}px`;
    element.style.width = `${Math.max(this.x(time.to) - left, 3)}px`;
    const label = make("span", "");
    label.append(icon("ban"), ` ${time.reason}`);
    element.title = time.reason;
    element.append(label);
    return element;
  }

  drawBar(bar, row, lane) {
    const element = this.drawCard(bar, row);
    const left = this.x(bar.from);
    element.style.left = `${left}px`;
    element.style.width = `${Math.max(this.x(bar.to) - left, NARROWEST_BAR_PX) - 2}px`;
    element.style.top = `${LANE_GAP_PX + lane * (LANE_PX + LANE_GAP_PX)}px`;
    if (bar.stops.length) element.append(this.drawStops(bar));
    if (bar.movable) {
      element.classList.add("is-movable");
      element.append(make("span", "bar-grip is-start"), make("span", "bar-grip is-end"));
    }
    if (!this.elements.has(bar.id)) this.elements.set(bar.id, new Map());
    this.elements.get(bar.id).set(row, element);
    return element;
  }

  /** A button that says what a bar is; the same one stands in the list of a phone. */
  drawCard(bar, row) {
    const element = make("button", `bar is-${bar.state} is-${bar.kind}`);
    element.type = "button";
    element.tabIndex = -1;
    element.dataset.id = bar.id;
    element.dataset.row = row;
    element.append(make("span", "visually-hidden", this.placeOf(bar, row)));
    element.append(make("span", "bar-title", bar.title));
    const line = make("span", "bar-line");
    const sign = { draft: "pencil", published: "circle-check", cancelled: "ban" }[bar.state];
    line.append(mark("bar-state", sign, bar.status));
    // Most bars are published: there the sign is enough, and the words are heard only.
    if (bar.state === "published") line.querySelector(".bar-state > span").className = "visually-hidden";
    if (bar.open.length) {
      const more = bar.open.length > 1 ? ` ${fill(this.words.more, { count: bar.open.length - 1 })}` : "";
      line.append(mark("bar-open", "triangle-alert", bar.open[0].name + more));
    }
    if (bar.overridden.length) line.append(mark("bar-overridden", "flag", this.words.overriddenShort));
    line.append(make("span", "bar-detail", bar.detail));
    element.append(line);
    return element;
  }

  /** What the picture shows by where a bar lies, in words. */
  placeOf(bar, row) {
    const sameDay = Math.floor(bar.from / DAY_MIN) === Math.floor(bar.to / DAY_MIN);
    const until = (sameDay ? "" : `${this.day(bar.to, { inFull: true })} `) + this.clock(bar.to);
    const time = `${this.day(bar.from, { inFull: true })} ${this.clock(bar.from)} – ${until}`;
    return `${this.words[bar.kind]}, ${time}, ${this.labels.get(row)}. `;
  }

  drawStops(bar) {
    const strip = make("span", "bar-stops");
    const left = this.x(bar.from);
    const whole = Math.max(this.x(bar.to) - left, 1);
    for (const stop of bar.stops) {
      const from = this.x(this.minutes(stop.start));
      const part = make("span", `is-${stop.tone} is-${stop.state}`);
      part.style.left = `${((from - left) / whole) * 100}%`;
      part.style.width = `${((this.x(this.minutes(stop.end)) - from) / whole) * 100}%`;
      strip.append(part);
    }
    return strip;
  }

  drawNow() {
    if (this.now < 0 || this.now >= this.days * DAY_MIN) return;
    const line = make("div", "board-now");
    line.style.left = `${LABEL_PX + this.x(this.now)}px`;
    this.layer.append(line);
  }

  /** Show where a bar would lie, and what is said about it; without a place, nothing of it. */
  preview(place, tone = "", lines = []) {
    if (!place) {
      this.ghost?.remove();
      this.tip?.remove();
      this.ghost = this.tip = null;
      for (const element of this.root.querySelectorAll(".is-left")) element.classList.remove("is-left");
      return;
    }
    if (!this.ghost) {
      this.measure();
      this.ghost = make("div", "bar is-preview");
      this.ghost.append(make("span", "bar-title"), make("span", "bar-line"));
      this.tip = make("div", "board-tip");
      this.tip.setAttribute("aria-hidden", "true");
      this.layer.append(this.ghost);
      this.root.after(this.tip);
      for (const element of this.elements.get(place.bar.id)?.values() ?? []) {
        element.classList.add("is-left");
      }
    }
    const { top } = this.edges.find((edge) => edge.id === place.row);
    const left = LABEL_PX + this.x(place.start);
    const width = Math.max(LABEL_PX + this.x(place.end) - left, NARROWEST_BAR_PX);
    this.ghost.dataset.tone = this.tip.dataset.tone = tone;
    this.ghost.style.width = `${width - 2}px`;
    this.ghost.style.transform = `translate(${left}px, ${top + LANE_GAP_PX}px)`;
    const [title, line] = this.ghost.children;
    title.textContent = place.bar.title;
    line.textContent = `${this.clock(place.start)}–${this.clock(place.end)}`;
    this.tip.replaceChildren(
      make("b", "", `${this.span(place.start, place.end)} · ${this.labels.get(place.row)}`),
      ...lines.map(said),
    );
    this.placeTip();
  }

  /** Below the bar on its way, or above it where there is more room; always within the window. */
  placeTip() {
    if (!this.tip) return;
    const ghost = this.ghost.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const left = Math.min(Math.max(ghost.left, TIP_GAP_PX), window.innerWidth - width - TIP_GAP_PX);
    const above = ghost.top - height - TIP_GAP_PX;
    const below = ghost.bottom + TIP_GAP_PX;
    const lowest = window.innerHeight - height - TIP_GAP_PX;
    const top = below <= lowest ? below : above >= TIP_GAP_PX ? above : Math.max(lowest, TIP_GAP_PX);
    this.tip.style.transform = `translate(${left}px, ${top}px)`;
  }

  /** What the rows on the page already tell of a place; the server's answer is the one that counts. */
  against(place) {
    const meets = (other) => other.from < place.end && other.to > place.start;
    const found = [];
    const rows = place.bar.rows.filter((row) => row !== place.from).concat(place.row);
    for (const row of rows) {
      if (row === "none") continue;
      const taken = this.byRow
        .get(row)
        .find((bar) => bar.id !== place.bar.id && bar.state !== "cancelled" && meets(bar));
      if (taken) {
        const values = { when: this.span(taken.from, taken.to), what: taken.title };
        found.push({ weight: "hard", message: fill(this.words.taken, values) });
      }
      const away = this.off.find((time) => time.row === row && meets(time));
      if (away) {
        const message = fill(this.words.away, { reason: away.reason });
        found.push({ weight: "soft", message });
      }
    }
    return found;
  }

  /** The days as a list, for windows too narrow for a line of days. */
  drawList(list) {
    const parts = [];
    const bars = [...this.bars.values()].sort((a, b) => a.from - b.from);
    for (let day = 0; day < this.days; day += 1) {
      const [start, end] = [day * DAY_MIN, (day + 1) * DAY_MIN];
      const meeting = bars.filter((bar) => bar.from < end && bar.to > start);
      const away = this.off.filter((time) => time.from < end && time.to > start);
      if (!meeting.length && !away.length) continue;
      parts.push(make("h3", "", this.day(start, { inFull: true })));
      for (const time of away) parts.push(this.drawAway(time, start, end));
      const items = make("ul", "plain");
      for (const bar of meeting) {
        const card = this.drawCard(bar, bar.rows[0]);
        card.tabIndex = 0;
        const who = bar.rows.map((row) => this.labels.get(row)).join(", ");
        card.prepend(make("span", "bar-when", `${this.within(bar, start, end)} · ${who}`));
        const item = make("li");
        item.append(card);
        items.append(item);
      }
      parts.push(items);
    }
    if (!parts.length) parts.push(make("p", "soft", this.words.nothing));
    list.replaceChildren(...parts);
  }

  /** A time off in the list of days. */
  drawAway(time, start, end) {
    const line = make("p", "board-away");
    const what = fill(this.words.away, { reason: time.reason });
    line.append(icon("ban"), ` ${this.labels.get(time.row)} · ${this.within(time, start, end)} · ${what}`);
    return line;
  }

  /** When on one day something is: from the start, until the end, or the whole of it. */
  within(one, start, end) {
    if (one.from <= start && one.to >= end) return this.words.wholeDay;
    if (one.from < start) return fill(this.words.until, { time: this.clock(one.to) });
    if (one.to > end) return fill(this.words.from, { time: this.clock(one.from) });
    return `${this.clock(one.from)}–${this.clock(one.to)}`;
  }

  element(id, row) {
    const own = this.elements.get(id);
    return own?.get(row) ?? own?.values().next().value ?? null;
  }

  zoomBy(steps) {
    const zoom = Math.min(Math.max(this.zoom + steps, 0), ZOOMS.length - 1);
    if (zoom === this.zoom) return;
    const middle = this.at(this.root.getBoundingClientRect().left + this.root.clientWidth / 2);
    this.zoom = zoom;
    this.draw();
    this.root.scrollLeft = LABEL_PX + this.x(middle) - this.root.clientWidth / 2;
  }
}

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function icon(name) {
  const template = document.querySelector(`template[data-icon="${name}"]`);
  return template.content.firstElementChild.cloneNode(true);
}

function mark(className, sign, text) {
  const element = make("span", className);
  element.append(icon(sign), make("span", "", text));
  return element;
}

const SIGNS = { hard: "ban", soft: "triangle-alert", note: "info", fine: "circle-check", wait: "clock" };

/** One line of what stands against a place, with its sign. */
export function said(one) {
  const line = make("span", `said is-${one.weight}`);
  line.append(icon(SIGNS[one.weight]), make("span", "", one.message));
  return line;
}
