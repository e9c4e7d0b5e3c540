/**
 * A bar on its way: where it would lie, what stands against that, and what becomes of it. Mouse,
 * keys and the dialog all move bars through this.
 */

export class Mover {
  constructor(timeline, server, tools, { begun, say, keep, ask, refuse }) {
    this.timeline = timeline;
    this.server = server;
    this.fill = tools.fill;
    this.words = timeline.words;
    this.begun = begun;
    this.say = say;
    this.keep = keep;
    this.ask = ask;
    this.refuse = refuse;
    this.place = null;
  }

  /** Take a bar up from one of its rows; tell whether it may be moved at all. */
  begin(bar, row, { byKeys = false } = {}) {
    if (!bar.movable) {
      this.say(bar.state === "cancelled" ? this.words.fixed : this.words.onlyLook);
      return false;
    }
    this.begun();
    this.byKeys = byKeys;
    this.found = null;
    this.place = this.placed(bar, { start: bar.from, end: bar.to, row, from: row });
    if (byKeys) this.say(this.fill(this.words.moving, { what: bar.title }));
    this.show([], "");
    return true;
  }

  placed(bar, { start, end, row, from }) {
    const [startStamp, endStamp] = [this.timeline.stamp(start), this.timeline.stamp(end)];
    return { bar, start, end, row, from, startStamp, endStamp };
  }

  get hasMoved() {
    const { bar, start, end, row, from } = this.place;
    return start !== bar.from || end !== bar.to || row !== from;
  }

  /** Whether a bar may lie in a row: trips keep a vehicle, and nobody goes twice. */
  fits(bar, row, from) {
    if (row === from) return true;
    return Boolean(row) && bar.turns && row !== "none" && !bar.rows.includes(row);
  }

  to({ start, end, row }) {
    const { bar, from } = this.place;
    const wanted = row !== undefined && this.fits(bar, row, from) ? row : this.place.row;
    const old = this.place;
    if (old.start === start && old.end === end && old.row === wanted) return;
    this.place = this.placed(bar, { start, end, row: wanted, from });
    this.look();
  }

  toNextRow(step) {
    const rows = this.timeline.rows.map((row) => row.id);
    const { bar, from, start, end } = this.place;
    let at = rows.indexOf(this.place.row) + step;
    while (rows[at] && !this.fits(bar, rows[at], from)) at += step;
    if (rows[at]) this.to({ start, end, row: rows[at] });
  }

  /** Say at once what the page knows, then what the server knows. */
  look() {
    const place = this.place;
    this.found = null;
    if (!this.hasMoved) {
      this.server.forget();
      this.show([], "");
      return;
    }
    const known = this.timeline.against(place);
    this.show(known.length ? known : [{ weight: "wait", message: this.words.checking }]);
    this.server.check(place).then(
      (found) => this.answer(place, found),
      (error) => {
        if (error.name === "AbortError" || place !== this.place) return;
        this.show([{ weight: "hard", message: error.message }]);
      },
    );
  }

  answer(place, found) {
    if (place !== this.place) return;
    this.found = found;
    const lines = found.length ? found : [{ weight: "fine", message: this.words.fine }];
    this.show(lines);
    const head = `${this.timeline.span(place.start, place.end)}, ${this.timeline.labels.get(place.row)}`;
    const sentences = [head, ...lines.map((line) => this.spoken(line))];
    this.say(sentences.map((text) => text.replace(/[.。]$/, "")).join(". "));
  }

  spoken(line) {
    const weight = this.words[line.weight];
    return weight && line.weight !== "fine" ? `${weight}: ${line.message}` : line.message;
  }

  show(lines, tone = lines[0]?.weight ?? "") {
    this.timeline.preview(this.place, tone, lines);
    const element = this.timeline.ghost;
    if (this.byKeys && element) element.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.timeline.placeTip();
  }

  giveUp() {
    const { bar, from } = this.place;
    this.clear();
    this.say(this.words.gaveUp);
    return { bar, from };
  }

  clear() {
    this.server.forget();
    this.timeline.preview(null);
    this.place = null;
  }

  /** Keep the place, ask for what is missing first, or say why it cannot be. */
  async settle() {
    if (!this.hasMoved) {
      this.giveUp();
      return;
    }
    const place = this.place;
    try {
      const found = this.found ?? (await this.server.check(place, { now: true }));
      if (place !== this.place) return;
      const hard = found.filter((one) => one.weight === "hard");
      if (hard.length) {
        this.clear();
        this.refuse(place, hard);
      } else if (place.bar.state === "published" || found.some((one) => one.weight === "soft")) {
        this.clear();
        this.ask(place, found);
      } else {
        await this.keep(place, {});
        this.clear();
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      this.clear();
      this.refuse(place, error.hindrances?.length ? error.hindrances : [{ message: error.message }]);
    }
  }
}
