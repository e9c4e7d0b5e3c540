/**
 * The second step of a disruption: a new day is asked for only where something is postponed, and
 * among many events those that fit some words are found. Without this file every field is there.
 */

const POSTPONE = "postpone";

const fold = (text) =>
  text.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/\p{M}/gu, "").trim();

/** Show the fields of time where what is chosen, or holds for want of a choice, is to postpone. */
function followChoices(form) {
  const all = form.elements.what;
  const weeks = form.elements.weeks.closest(".field");

  function follow() {
    weeks.hidden = all.value !== POSTPONE && !weeks.classList.contains("has-error");
    for (const group of form.querySelectorAll("[data-group]")) {
      const trip = group.querySelector("[data-own=trip]");
      const ofTrip = trip ? settle(trip, all.value) : all.value;
      for (const own of group.querySelectorAll("[data-own=event]")) settle(own, ofTrip);
    }
  }

  form.addEventListener("change", follow);
  follow();
}

/** Return what holds for a trip or event; show its day if that is to postpone. */
function settle(own, otherwise) {
  const chosen = own.querySelector("select").value || otherwise;
  const day = own.querySelector("[data-new-day]");
  day.hidden = chosen !== POSTPONE && !day.classList.contains("has-error");
  return chosen;
}

/** Let a field of search hide what does not fit; what is hidden is sent all the same. */
function findEvents(form, box) {
  const input = box.querySelector("input");
  const said = box.querySelector("[data-found]");
  const days = [...form.querySelectorAll("[data-day]")].map((day) => ({
    day,
    wasOpen: day.open,
    groups: [...day.querySelectorAll("[data-group]")].map((group) => ({
      group,
      events: [...group.querySelectorAll("[data-event]")].map((event) => ({
        event,
        key: fold(`${group.querySelector("h3").textContent} ${event.querySelector(".touched-what").textContent}`),
      })),
    })),
  }));

  function find() {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { day, wasOpen, groups } of days) {
      let ofDay = 0;
      for (const { group, events } of groups) {
        const fitting = events.filter(({ event, key }) => {
          event.hidden = !words.every((word) => key.includes(word));
          return !event.hidden;
        });
        group.hidden = fitting.length === 0;
        ofDay += fitting.length;
      }
      day.hidden = ofDay === 0;
      day.open = words.length ? ofDay > 0 : wasOpen;
      count += ofDay;
    }
    said.textContent = words.length ? said.dataset.found.replace("%(count)s", String(count)) : "";
  }

  function openAll(open) {
    for (const one of days) one.day.open = one.wasOpen = open;
  }

  box.hidden = false;
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  box.querySelector("[data-open-all]").addEventListener("click", () => openAll(true));
  box.querySelector("[data-close-all]").addEventListener("click", () => openAll(false));
}

for (const form of document.querySelectorAll("form[data-disruption]")) {
  if (form.elements.what) followChoices(form);
  const box = form.querySelector("[data-find]");
  if (box) findEvents(form, box);
}
