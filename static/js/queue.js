// The queue's own keys and lists that drop down.
addEventListener("keydown", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-send]");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
  if (event.key === "Escape") close(event.target);
});

addEventListener("click", (event) => {
  for (const drop of document.querySelectorAll(".drop[open]")) if (!drop.contains(event.target)) drop.open = false;
});

function close(target) {
  const drop = target instanceof Element && target.closest(".drop[open]");
  if (!drop) return;
  drop.open = false;
  drop.querySelector("summary").focus();
}

addEventListener("toggle", (event) => {
  if (event.target.matches?.(".drop[open]")) event.target.querySelector("form :is(input, select):not([type=hidden])")?.focus();
}, true);

// Opening "Snooze…" means choosing until when.
addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[open]:has(> .snooze-form)")) event.target.querySelector("[name=until]:checked")?.focus();
}, true);
