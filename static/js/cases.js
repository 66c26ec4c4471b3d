// x ticks the row one is on; the bar then says how many are ticked.
const here = () => document.activeElement?.closest?.(".row") ?? document.querySelector(".row:has([aria-current])");

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.key.toLowerCase() !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.documentElement.dataset.keys === "off" || document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  const box = here()?.querySelector("[data-tick]");
  if (!box) return;
  event.preventDefault();
  box.click();
});
