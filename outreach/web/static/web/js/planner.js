/**
 * The pages of a scenario: a slider beside each number from 0 to 10, fields that only one rhythm
 * needs, and choosing stops. Without this file the numbers, fields and boxes are there as they are.
 */

const NEEDED = { weeks: ["every_weeks", "weekday"], nth: ["nths", "weekday"], times: ["times"] };
const RHYTHM_FIELDS = ["every_weeks", "times", "nths", "weekday"];

function addSlider(input) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = input.min;
  slider.max = input.max;
  slider.value = input.value || 0;
  slider.className = "slider";
  slider.tabIndex = -1;
  slider.setAttribute("aria-hidden", "true");
  slider.addEventListener("input", () => {
    input.value = slider.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  input.addEventListener("input", (event) => {
    if (event.isTrusted) slider.value = input.value || 0;
  });
  const pair = document.createElement("div");
  pair.className = "slider-pair";
  input.before(pair);
  pair.append(slider, input);
}

/** Show the fields that the chosen rhythm needs, and those that something is wrong with. */
function followRhythm(form) {
  const rhythm = form.elements.rhythm;
  if (!rhythm) return;
  function follow() {
    const needed = NEEDED[rhythm.value] ?? RHYTHM_FIELDS;
    for (const name of RHYTHM_FIELDS) {
      const field = form.querySelector(`[name=${name}]`)?.closest(".field");
      if (field) field.hidden = !needed.includes(name) && !field.classList.contains("has-error");
    }
  }
  rhythm.addEventListener("change", follow);
  follow();
}

function followPicks() {
  const rows = document.querySelector("[data-picks]");
  const said = document.querySelector("[data-picked]");
  const all = document.querySelector("[data-pick-all]");
  if (!rows || !all) return;
  const boxes = () => [...rows.querySelectorAll("input[name=stops]")];
  function count() {
    const number = boxes().filter((box) => box.checked).length;
    said.textContent = number ? said.dataset.picked.replace("%(count)s", String(number)) : "";
  }
  all.hidden = false;
  all.addEventListener("click", () => {
    const wanted = boxes().some((box) => !box.checked);
    for (const box of boxes()) box.checked = wanted;
    count();
  });
  rows.addEventListener("change", count);
  count();
}

for (const input of document.querySelectorAll("input[data-slider]")) addSlider(input);
for (const form of document.querySelectorAll("[data-stop-form]")) followRhythm(form);
followPicks();
document.addEventListener("htmx:load", (event) => {
  const form = event.target.querySelector?.("[data-stop-form]");
  if (!form) return;
  followRhythm(form);
  (form.querySelector("[data-error-summary]") ?? form.querySelector("h3"))?.focus();
});
