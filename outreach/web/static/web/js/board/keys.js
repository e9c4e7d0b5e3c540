/** The board by keyboard: from bar to bar, and a bar from place to place. */

const STEP_MIN = 15;
const DAY_MIN = 24 * 60;

export class Keys {
  constructor(timeline, mover, { undo }) {
    this.timeline = timeline;
    this.mover = mover;
    this.root = timeline.root;
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.root.addEventListener("focusin", (event) => this.rove(event.target.closest(".bar")));
    this.root.addEventListener("focusout", () => this.left());
    document.addEventListener("keydown", (event) => {
      const wants = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z";
      if (!wants || event.target.closest("input, textarea, select, dialog")) return;
      event.preventDefault();
      undo();
    });
  }

  /** One bar can be reached with Tab: the one that was last in focus, or the first. */
  ready() {
    const bars = this.root.querySelectorAll(".bar[data-id]");
    if (bars.length && !this.root.querySelector(".bar[tabindex='0']")) bars[0].tabIndex = 0;
  }

  rove(bar) {
    if (!bar) return;
    for (const other of this.root.querySelectorAll(".bar[tabindex='0']")) other.tabIndex = -1;
    bar.tabIndex = 0;
  }

  focus(id, row) {
    const element = this.timeline.element(id, row);
    if (!element) return;
    this.rove(element);
    element.focus({ preventScroll: false });
  }

  press(event) {
    const element = event.target.closest(".bar");
    if (!element || event.ctrlKey || event.metaKey || event.altKey) return;
    const handled = this.moving ? this.pressMoving(event) : this.pressStill(event, element);
    if (!handled) return;
    event.preventDefault();
    event.stopPropagation();
  }

  pressStill(event, element) {
    const bar = this.timeline.bars.get(element.dataset.id);
    const row = element.dataset.row;
    const bars = this.timeline.byRow.get(row);
    const place = bars.indexOf(bar);
    if (event.key === "m" || event.key === "M") {
      if (!this.mover.begin(bar, row, { byKeys: true })) return true;
      this.moving = true;
      return true;
    }
    const next = {
      ArrowRight: () => bars[place + 1],
      ArrowLeft: () => bars[place - 1],
      Home: () => bars[0],
      End: () => bars.at(-1),
    }[event.key];
    if (next) {
      const found = next();
      if (found) this.focus(found.id, row);
      return true;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.toRow(bar, row, event.key === "ArrowDown" ? 1 : -1);
      return true;
    }
    return false;
  }

  /** To the bar of the next row that is nearest in time. */
  toRow(bar, row, step) {
    const rows = this.timeline.rows.map((one) => one.id);
    for (let at = rows.indexOf(row) + step; rows[at]; at += step) {
      const bars = this.timeline.byRow.get(rows[at]);
      if (!bars.length) continue;
      const far = (other) => Math.abs(other.from - bar.from);
      const nearest = bars.reduce((best, other) => (far(other) < far(best) ? other : best));
      this.focus(nearest.id, rows[at]);
      return;
    }
  }

  pressMoving(event) {
    const step = event.shiftKey ? DAY_MIN : STEP_MIN;
    const { start, end } = this.mover.place;
    const ways = {
      ArrowRight: () => this.mover.to({ start: start + step, end: end + step }),
      ArrowLeft: () => this.mover.to({ start: start - step, end: end - step }),
      ArrowDown: () => this.mover.toNextRow(1),
      ArrowUp: () => this.mover.toNextRow(-1),
      "+": () => this.mover.to({ start, end: end + STEP_MIN }),
      "=": () => this.mover.to({ start, end: end + STEP_MIN }),
      "-": () => this.mover.to({ start, end: Math.max(end - STEP_MIN, start + STEP_MIN) }),
      _: () => this.mover.to({ start, end: Math.max(end - STEP_MIN, start + STEP_MIN) }),
      Enter: () => this.finish(() => this.mover.settle()),
      Escape: () => this.finish(() => this.mover.giveUp()),
    };
    const way = ways[event.key];
    if (!way) return event.key.length === 1 || event.key === "Home" || event.key === "End";
    way();
    return true;
  }

  finish(how) {
    this.moving = false;
    how();
  }

  /** Whoever leaves the board in the middle of a move gives it up. */
  left() {
    setTimeout(() => {
      if (!this.moving || this.root.contains(document.activeElement)) return;
      this.finish(() => this.mover.giveUp());
    });
  }
}
