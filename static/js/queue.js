// The queue's own keys and lists that drop down.
addEventListener("keydown", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-send]");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
  if (event.key === "Escape") escape(event);
});

// Closes one thing: the list that dropped down, else the panel in the decision bar, else the document that is shown.
function escape(event) {
  if (close(event.target) || document.querySelector("dialog[open], [popover]:popover-open")) return;
  const panel = document.querySelector(".decide details[open]:not(.folds)") ?? document.querySelector(".decide .folds[open]");
  if (panel) {
    panel.open = false;
    const folded = panel.closest(".folds");
    if (folded) folded.open = false;
    (document.querySelector("[data-row][aria-current]") ?? panel.querySelector("summary")).focus({ preventScroll: true });
    return;
  }
  if (!(event.target instanceof Element && event.target.closest("input, textarea, select"))) document.querySelector("[data-back]")?.click();
}

addEventListener("click", (event) => {
  for (const drop of document.querySelectorAll(".drop[open]")) if (!drop.contains(event.target)) drop.open = false;
});

function close(target) {
  const drop = target instanceof Element && target.closest(".drop[open]");
  if (!drop) return false;
  drop.open = false;
  drop.querySelector("summary").focus();
  return true;
}

addEventListener("toggle", (event) => {
  if (event.target.matches?.(".drop[open]")) event.target.querySelector("form :is(input, select):not([type=hidden])")?.focus();
}, true);

// Opening "Snooze…" means choosing until when.
addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[open]:has(> .snooze-form)")) event.target.querySelector("[name=until]:checked")?.focus();
}, true);
