/**
 * The dialog of one bar: what it is, where it leads, and a form that moves it. Of a bar that was
 * just dropped it says first what stands against that, and asks what is missing.
 */

const LOOKED_AT = ["facts", "times", "move", "actions"];
const DROPPED = ["move", "actions", "times", "facts"];

export class Sheet {
  constructor(dialog, timeline, server, tools, { begun, keep, closedOn }) {
    this.dialog = dialog;
    this.timeline = timeline;
    this.server = server;
    this.tools = tools;
    this.words = timeline.words;
    this.begun = begun;
    this.keep = keep;
    this.closedOn = closedOn;
    this.form = dialog.querySelector("form");
    this.part = (name) => dialog.querySelector(`[data-part="${name}"]`);
    this.fields = this.form.elements;
    this.form.addEventListener("submit", (event) => this.submit(event));
    for (const button of dialog.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => dialog.close());
    }
    this.fields.start.addEventListener("change", () => this.follow());
    for (const name of ["start", "end", "row"]) {
      this.fields[name].addEventListener("change", () => this.look());
    }
    dialog.addEventListener("close", () => this.closed());
  }

  /** Show a bar; with a place, what it would be there and what stands against it. */
  open(bar, row, place = null, found = null) {
    this.begun();
    this.bar = bar;
    this.row = this.back = row;
    this.tell(bar);
    this.arrange(Boolean(place));
    this.part("move").hidden = this.part("times").hidden = !bar.movable;
    this.part("refused").hidden = true;
    if (bar.movable) {
      this.offer(bar, row);
      const at = place ?? { start: bar.from, end: bar.to, row };
      this.fields.start.value = this.timeline.stamp(at.start);
      this.fields.end.value = this.timeline.stamp(at.end);
      this.fields.row.value = at.row;
      this.lasts = at.end - at.start;
      this.fields.reason.value = "";
      this.fields.override_reason.value = "";
      this.show(found ?? []);
    }
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    if (place) this.first(found ?? []).focus();
  }

  /** What matters first comes first; the rest is one press away. */
  arrange(isDropped) {
    this.form.append(...(isDropped ? DROPPED : LOOKED_AT).map((name) => this.part(name)));
    for (const name of ["times", "facts"]) this.part(name).open = !isDropped;
    this.part("when").hidden = isDropped;
  }

  first(found) {
    if (this.bar.state === "published") return this.fields.reason;
    return found.some((one) => one.weight === "soft") ? this.fields.override_reason : this.part("keep");
  }

  tell(bar) {
    const { make, icon, fill } = this.tools;
    this.part("title").textContent = bar.title;
    this.part("when").textContent = this.timeline.span(bar.from, bar.to);
    const badges = [this.badge(bar.state, { draft: "pencil", published: "circle-check", cancelled: "ban" }[bar.state], bar.status)];
    for (const one of bar.overridden) {
      badges.push(this.badge("warning", "flag", fill(this.words.overriddenWhy, { rule: one.name, reason: one.reason })));
    }
    this.part("badges").replaceChildren(...badges);
    this.part("vehicle").textContent = bar.vehicle || "–";
    this.part("crew").textContent = bar.crew.join(", ") || this.words.noCrew;
    this.part("open").replaceChildren(
      ...bar.open.map((one) => this.tools.said({ weight: "soft", message: one.message })),
    );
    this.part("stops").replaceChildren(
      ...bar.stops.map((stop) => {
        const item = make("li");
        const link = make("a", "", stop.title);
        link.href = stop.url;
        const span = this.timeline.span(this.timeline.minutes(stop.start), this.timeline.minutes(stop.end));
        item.append(make("span", "soft", `${span} `), link, ` (${stop.status})`);
        return item;
      }),
    );
    const links = [{ url: bar.url, label: this.words.openPage, icon: "external-link" }, ...bar.links];
    this.part("links").replaceChildren(
      ...links.map((one) => {
        const link = make("a", "button quiet small", "");
        link.href = one.url;
        link.append(icon(one.icon), one.label);
        return link;
      }),
    );
  }

  badge(tone, sign, text) {
    const badge = this.tools.make("span", `badge ${tone}`);
    badge.append(this.tools.icon(sign), text);
    return badge;
  }

  offer(bar, row) {
    const select = this.fields.row;
    const rows = this.timeline.rows.filter(
      (one) => one.id === row || (bar.turns && one.id !== "none" && !bar.rows.includes(one.id)),
    );
    select.replaceChildren(...rows.map((one) => new Option(one.label, one.id)));
    select.closest(".field").hidden = rows.length < 2;
  }

  /** The end keeps its distance from the start. */
  follow() {
    const start = this.timeline.minutes(this.fields.start.value);
    if (Number.isNaN(start)) return;
    this.fields.end.value = this.timeline.stamp(start + this.lasts);
  }

  place() {
    const [startStamp, endStamp] = [this.fields.start.value, this.fields.end.value];
    const [start, end] = [startStamp, endStamp].map((stamp) => this.timeline.minutes(stamp));
    return { bar: this.bar, from: this.row, row: this.fields.row.value, start, end, startStamp, endStamp };
  }

  hasMoved(place) {
    return place.start !== this.bar.from || place.end !== this.bar.to || place.row !== this.row;
  }

  async look() {
    const place = this.place();
    if (Number.isNaN(place.start) || Number.isNaN(place.end)) return;
    this.lasts = place.end - place.start;
    this.part("refused").hidden = true;
    if (!this.hasMoved(place)) {
      this.server.forget();
      this.show([]);
      return;
    }
    this.show([{ weight: "wait", message: this.words.checking }]);
    try {
      const found = await this.server.check(place);
      this.show(found.length ? found : [{ weight: "fine", message: this.words.fine }]);
    } catch (error) {
      if (error.name !== "AbortError") this.show([{ weight: "hard", message: error.message }]);
    }
  }

  show(found) {
    const place = this.place();
    const moved = this.hasMoved(place);
    const { fill, said } = this.tools;
    const label = (row) => this.timeline.labels.get(row);
    this.part("change").hidden = !moved;
    this.part("change").textContent = fill(this.words.change, {
      before: `${this.timeline.span(this.bar.from, this.bar.to)}, ${label(this.row)}`,
      after: `${this.timeline.span(place.start, place.end)}, ${label(place.row)}`,
    });
    this.part("found").replaceChildren(...found.map(said));
    this.fields.reason.closest(".field").hidden = !(moved && this.bar.state === "published");
    this.fields.override_reason.closest(".field").hidden = !found.some((one) => one.weight === "soft");
    this.part("keep").disabled = !moved || found.some((one) => one.weight === "hard");
  }

  async submit(event) {
    event.preventDefault();
    const reasons = {
      reason: this.fields.reason.value,
      override_reason: this.fields.override_reason.value,
    };
    this.part("keep").disabled = true;
    try {
      this.server.forget();
      const place = this.place();
      await this.keep(place, reasons);
      this.back = place.row;
      this.dialog.close();
    } catch (error) {
      this.part("refused").textContent = error.message;
      this.part("refused").hidden = false;
      this.part("keep").disabled = false;
      if (error.hindrances?.length) this.show(error.hindrances);
    }
  }

  closed() {
    this.server.forget();
    this.closedOn(this.bar, this.back);
  }
}
