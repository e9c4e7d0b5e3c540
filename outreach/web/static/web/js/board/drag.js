/** Dragging a bar, or one of its ends, with the mouse or after a long press of a finger. */

const FAR_ENOUGH_PX = 5;
const LONG_PRESS_MS = 450;
const EDGE_PX = 48;
const SNAP_MIN = 15;
const LABEL_PX = 144;

const snapped = (minutes) => Math.round(minutes / SNAP_MIN) * SNAP_MIN;

export class Drag {
  /** `mover` begins, shows and settles what is moved. */
  constructor(timeline, mover) {
    this.timeline = timeline;
    this.mover = mover;
    this.root = timeline.root;
    this.root.addEventListener("pointerdown", (event) => this.press(event));
    this.root.addEventListener("click", (event) => this.swallow(event), true);
    this.root.addEventListener("dragstart", (event) => event.preventDefault());
    this.root.addEventListener("touchmove", (event) => this.active && event.preventDefault(), {
      passive: false,
    });
    this.move = (event) => this.follow(event);
    this.up = () => this.drop();
    this.stop = () => this.end(false);
    this.escape = (event) => {
      if (event.key !== "Escape" || !this.active) return;
      event.stopPropagation();
      this.end(false, { isHeld: true });
    };
  }

  press(event) {
    this.justDragged = false;
    const element = event.target.closest?.(".bar.is-movable");
    if (!element || event.button !== 0 || this.held) return;
    const bar = this.timeline.bars.get(element.dataset.id);
    const grip = event.target.closest(".bar-grip");
    this.held = {
      bar,
      element,
      row: element.dataset.row,
      part: grip ? (grip.classList.contains("is-start") ? "start" : "end") : "all",
      x: event.clientX,
      y: event.clientY,
      at: this.timeline.at(event.clientX),
      pointer: event.pointerId,
    };
    this.point = { x: event.clientX, y: event.clientY };
    if (event.pointerType !== "mouse") this.timer = setTimeout(() => this.begin(), LONG_PRESS_MS);
    window.addEventListener("pointermove", this.move);
    window.addEventListener("pointerup", this.up);
    window.addEventListener("pointercancel", this.stop);
    window.addEventListener("keydown", this.escape, true);
  }

  follow(event) {
    if (event.pointerId !== this.held?.pointer) return;
    this.point = { x: event.clientX, y: event.clientY };
    const far = Math.hypot(event.clientX - this.held.x, event.clientY - this.held.y);
    if (!this.active && far > FAR_ENOUGH_PX) {
      if (event.pointerType === "mouse") this.begin();
      else this.end(false);
    }
  }

  begin() {
    if (!this.held || this.active) return;
    this.active = true;
    this.root.classList.add("is-dragging");
    this.mover.begin(this.held.bar, this.held.row);
    this.frame = requestAnimationFrame(() => this.step());
  }

  /** Once a frame: scroll at the edges, and show the new place if there is one. */
  step() {
    if (!this.active) return;
    this.scroll();
    const { bar, at, part } = this.held;
    const by = snapped(this.timeline.at(this.point.x) - at);
    const place = { start: bar.from, end: bar.to };
    if (part !== "end") place.start += by;
    if (part !== "start") place.end += by;
    if (part === "start") place.start = Math.min(place.start, bar.to - SNAP_MIN);
    if (part === "end") place.end = Math.max(place.end, bar.from + SNAP_MIN);
    if (part === "all") place.row = this.timeline.rowAt(this.point.y);
    this.mover.to(place);
    this.frame = requestAnimationFrame(() => this.step());
  }

  scroll() {
    const box = this.root.getBoundingClientRect();
    const { x, y } = this.point;
    const left = x - (box.left + LABEL_PX);
    if (left < EDGE_PX && x > box.left) this.root.scrollLeft += Math.max((left - EDGE_PX) / 4, -16);
    const right = box.right - x;
    if (right < EDGE_PX) this.root.scrollLeft += Math.min((EDGE_PX - right) / 4, 16);
    const low = Math.min(box.bottom, window.innerHeight) - y;
    if (low < EDGE_PX) this.root.scrollTop += Math.min((EDGE_PX - low) / 4, 16);
    const high = y - Math.max(box.top + 40, 0);
    if (high < EDGE_PX) this.root.scrollTop += Math.max((high - EDGE_PX) / 4, -16);
  }

  drop() {
    if (this.active) {
      this.step();
      this.end(true);
    } else {
      this.end(false);
    }
  }

  /** `isHeld` tells that the button is still down: the click comes when it is let go. */
  end(keeps, { isHeld = false } = {}) {
    const wasActive = this.active;
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    window.removeEventListener("pointermove", this.move);
    window.removeEventListener("pointerup", this.up);
    window.removeEventListener("pointercancel", this.stop);
    window.removeEventListener("keydown", this.escape, true);
    this.root.classList.remove("is-dragging");
    this.active = false;
    this.held = null;
    if (!wasActive) return;
    this.justDragged = true;
    const forget = () => setTimeout(() => {
      this.justDragged = false;
    });
    if (isHeld) window.addEventListener("pointerup", forget, { once: true });
    else forget();
    if (keeps) this.mover.settle();
    else this.mover.giveUp();
  }

  /** The click that ends a drag opens nothing. */
  swallow(event) {
    if (!this.justDragged) return;
    event.preventDefault();
    event.stopPropagation();
  }
}
