// The list and what is chosen from it.
const rows = () => [...document.querySelectorAll("[data-row]")];
const pane = () => document.getElementById("request");
const wide = matchMedia("(min-width: 56rem)");
let timer = 0;

// Beside the list the row moved to is shown at once; on a phone only the focus moves, and Enter opens.
export function move(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.findIndex((row) => row === document.activeElement || (!all.includes(document.activeElement) && row.hasAttribute("aria-current")));
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  clearTimeout(timer);
  if (!wide.matches) return true;
  pane()?.setAttribute("aria-busy", "true"); // until it is shown nothing is decided by a key
  timer = setTimeout(() => (next.hasAttribute("aria-current") ? pane()?.removeAttribute("aria-busy") : next.click()), 120);
  return true;
}

// Enter on a row whose request is shown already: go into it.
export function go(target) {
  if (!(target instanceof Element) || !target.matches("[data-row][aria-current]") || !wide.matches) return false;
  clearTimeout(timer);
  pane()?.removeAttribute("aria-busy"); // what is shown is what was chosen: the next key counts at once
  pane()?.focus();
  return true;
}

function mark() {
  const chosen = pane()?.dataset.request;
  for (const row of rows()) {
    const here = Boolean(chosen) && new URL(row.href).pathname.endsWith(`-${chosen}/`);
    if (here) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
  }
}

addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-dismiss]");
  if (!button) return;
  document.getElementById(button.dataset.dismiss)?.remove();
  const here = new URL(location.href);
  here.searchParams.delete("decided"); // so that it stays away when the page is loaded again
  history.replaceState(history.state, "", here);
});

addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches?.("[data-row]")) pane()?.setAttribute("aria-busy", "true");
});
addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches?.("[data-row]") && !event.detail.successful) pane()?.removeAttribute("aria-busy");
});
addEventListener("htmx:afterSettle", (event) => {
  mark();
  const focusLost = document.activeElement === document.body;
  if (focusLost && ["main", "request"].includes(event.target.id)) pane()?.focus({ preventScroll: true });
});
