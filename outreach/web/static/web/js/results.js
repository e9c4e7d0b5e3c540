/**
 * While a sheet is filled in: keep "not collected" in step with an empty number, and show what the
 * age bands come to. The server checks all of it again.
 */

const form = document.querySelector("[data-sheet]");

/** Return the whole number in a field, or null where there is none. */
function countIn(input) {
  const digits = input.value.trim().replace(/[ .,\u00a0\u202f]/g, "");
  return /^[0-9]+$/.test(digits) ? Number(digits) : null;
}

function keepInStep(figure) {
  const input = figure.querySelector("input");
  const how = figure.querySelector("select");
  if (input.value.trim() === "") how.value = "not_collected";
  else if (how.value === "not_collected") how.value = "counted";
}

function showTotal() {
  const total = form.querySelector("[data-total]");
  const bands = [...form.querySelectorAll("[data-age-bands] input")].map(countIn);
  const people = countIn(form.querySelector("[data-people] input"));
  const sum = bands.reduce((so_far, band) => so_far + (band ?? 0), 0);
  const isOver = people !== null && sum > people;
  total.hidden = bands.every((band) => band === null);
  total.querySelector("[data-sum]").value = sum.toLocaleString(document.documentElement.lang);
  total.querySelector("[data-whole]").value =
    people === null ? "–" : people.toLocaleString(document.documentElement.lang);
  total.querySelector("[data-over]").hidden = !isOver;
  total.classList.toggle("is-over", isOver);
}

if (form) {
  const figures = [...form.querySelectorAll("[data-figure]")];
  for (const figure of figures) {
    // A number that contradicts its list was refused: it stays as it was typed.
    if (figure.querySelector("input").value.trim() === "") keepInStep(figure);
    figure.querySelector("input").addEventListener("input", () => {
      keepInStep(figure);
      showTotal();
    });
  }
  showTotal();
}
