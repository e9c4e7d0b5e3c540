/**
 * The form of a series asks only what its rule needs: which week only for a weekday of the month,
 * nothing where the rule stays as it is. Without this file every field is there and says so.
 */

const NEEDED = { weekly: ["every", "weekdays"], monthly: ["every", "weekdays", "place"] };
const FIELDS = ["every", "weekdays", "place"];

function followPattern(box) {
  function follow() {
    const pattern = box.querySelector("[name=pattern]:checked")?.value;
    const needed = pattern ? (NEEDED[pattern] ?? []) : FIELDS;
    for (const name of FIELDS) {
      const field = box.querySelector(`[name=${name}]`)?.closest(".field");
      if (field) field.hidden = !needed.includes(name) && !field.classList.contains("has-error");
    }
  }

  box.addEventListener("change", follow);
  follow();
}

for (const box of document.querySelectorAll("[data-rule]")) followPattern(box);
