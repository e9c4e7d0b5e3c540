/**
 * Ask before a form with data-confirm="question" is sent. Optional: data-confirm-detail on the
 * form, data-confirm-button for the words on the button that goes ahead.
 */

const dialog = document.getElementById("confirm-dialog");
const agreed = new WeakSet();

function ask(form, submitter) {
  const { confirm: question, confirmDetail = "", confirmButton } = form.dataset;
  const detail = dialog.querySelector("#confirm-detail");
  const yes = dialog.querySelector("[value=yes]");
  dialog.querySelector("#confirm-question").textContent = question;
  detail.textContent = confirmDetail;
  detail.hidden = !confirmDetail;
  yes.textContent = confirmButton || yes.dataset.label;
  yes.classList.toggle("danger", Boolean(submitter?.classList.contains("danger")));
  dialog.returnValue = "no";
  dialog.showModal();
}

// In the capture phase, so that htmx does not send what has not been agreed to.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const submitter = event.submitter;
    if (!dialog || !form.dataset.confirm || agreed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue !== "yes") return;
        agreed.add(form);
        form.requestSubmit(submitter);
      },
      { once: true },
    );
    ask(form, submitter);
  },
  true,
);
