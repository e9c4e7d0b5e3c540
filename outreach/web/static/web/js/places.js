/**
 * Suggestions of places while one types, as an ARIA combobox with a list.
 *
 * An input with data-places asks that address; choosing opens the place's page (data-then="open")
 * or searches for it. A select with data-places is replaced by such a field and keeps the key of
 * what was chosen; without this file the select is there.
 */

const WAIT_MS = 120;
const SHORTEST = 2;
let made = 0;

export class Combobox {
  /** mustChoose tells whether what is typed counts only once it is chosen from the list. */
  constructor(input, url, choose, mustChoose = () => false) {
    this.input = input;
    this.url = url;
    this.choose = choose;
    this.mustChoose = mustChoose;
    this.places = [];
    this.at = -1;
    made += 1;
    this.list = document.createElement("ul");
    this.list.id = `places-${made}`;
    this.list.className = "combobox-list";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", labelOf(input));
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    const box = document.createElement("div");
    box.className = "combobox";
    input.replaceWith(box);
    box.append(input, this.list, this.status);
    this.box = box;
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.list.id],
    ]) input.setAttribute(name, value);
    input.addEventListener("input", (event) => this.typed(event));
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // The field keeps the focus while one presses on the list.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.take([...this.list.children].indexOf(item));
    });
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    this.asked?.abort();
    const text = this.input.value.trim();
    if (text.length < SHORTEST) {
      this.close();
      return;
    }
    this.asked = new AbortController();
    const url = new URL(this.url, location.href);
    url.searchParams.set("q", text);
    try {
      const answer = await fetch(url, { signal: this.asked.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const { places, said } = await answer.json();
      if (document.activeElement === this.input) this.show(places, said);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(places, said) {
    this.places = places;
    this.list.replaceChildren(...places.map((place, index) => this.item(place, index)));
    this.mark(-1);
    this.open(places.length > 0);
    this.status.textContent = said;
  }

  item(place, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const name = document.createElement("b");
    name.textContent = [place.name, place.area].filter(Boolean).join(", ");
    item.append(name);
    if (place.note) {
      const note = document.createElement("span");
      note.textContent = place.note;
      item.append(note);
    }
    return item;
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.mark(-1);
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.open(false);
    this.places = [];
    this.list.replaceChildren();
    this.status.textContent = "";
  }

  mark(index) {
    this.at = index;
    [...this.list.children].forEach((item, place) => {
      item.setAttribute("aria-selected", String(place === index));
    });
    const marked = this.list.children[index];
    if (marked) {
      this.input.setAttribute("aria-activedescendant", marked.id);
      marked.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  key(event) {
    const isOpen = !this.list.hidden;
    const last = this.places.length - 1;
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) {
        this.ask();
        return;
      }
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = this.at + step;
      this.mark(next > last ? 0 : next < 0 ? last : next);
    } else if (event.key === "Enter" && isOpen && this.at >= 0) {
      event.preventDefault();
      this.take(this.at);
    } else if (event.key === "Enter" && this.mustChoose()) {
      event.preventDefault();
      if (isOpen) this.take(0);
      else this.ask();
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  take(index) {
    const place = this.places[index];
    this.close();
    if (place) this.choose(place);
  }
}

function labelOf(input) {
  return input.labels?.[0]?.textContent.trim() ?? input.getAttribute("aria-label") ?? "";
}

const nameOf = (place) => [place.name, place.area].filter(Boolean).join(", ");

function searchField(input) {
  new Combobox(input, input.dataset.places, (place) => {
    if (input.dataset.then === "open") {
      location.assign(place.url);
      return;
    }
    input.value = nameOf(place);
    input.form.requestSubmit();
  });
}

/** Keep the select, unseen, as what is sent; the field above it says what is chosen in it. */
function choice(select) {
  const input = document.createElement("input");
  input.type = "text";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.placeholder = select.dataset.hint;
  input.id = select.id;
  input.required = select.required;
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  }
  select.id = `${input.id}_key`;
  select.required = false;
  select.hidden = true;
  select.before(input);
  input.value = chosenIn(select);

  const isUnknown = () => Boolean(input.value.trim()) && !select.value;
  const combobox = new Combobox(
    input, select.dataset.places, (place) => choose(place), isUnknown,
  );
  const note = document.createElement("p");
  note.className = "combobox-note";
  note.setAttribute("role", "alert");
  combobox.box.after(note);

  function choose(place) {
    let option = [...select.options].find((one) => one.value === place.key);
    if (!option) {
      option = new Option(nameOf(place), place.key);
      option.dataset.name = nameOf(place);
      select.append(option);
    }
    select.value = place.key;
    input.value = chosenIn(select);
    note.textContent = "";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    select.dispatchEvent(new CustomEvent("places:chosen", { bubbles: true, detail: place }));
  }
  input.addEventListener("input", () => {
    select.value = "";
    note.textContent = "";
  });
  const warn = () => {
    note.textContent = isUnknown() ? select.dataset.unknown : "";
  };
  input.addEventListener("blur", warn);
  // What was typed and not chosen would be lost without a word.
  select.form?.addEventListener("submit", (event) => {
    if (!isUnknown()) return;
    event.preventDefault();
    warn();
    input.focus();
  });
  // Others may choose for the person, such as the map of the venue's point.
  select.addEventListener("places:choose", (event) => choose(event.detail));
}

function chosenIn(select) {
  const option = select.selectedOptions[0];
  if (!option?.value) return "";
  const group = option.parentElement.label;
  return option.dataset.name ?? [option.textContent.trim(), group].filter(Boolean).join(", ");
}

for (const input of document.querySelectorAll("input[data-places]")) searchField(input);
for (const select of document.querySelectorAll("select[data-places]")) choice(select);
