// Find or do: Ctrl+K or ⌘K anywhere. Without a script the same button leads to the page /search/.
const dialog = () => document.getElementById("palette");
const input = () => document.getElementById("palette-q");
const options = () => [...document.querySelectorAll("#palette-list [role=option]")];
const mac = /Mac|iPhone|iPad/.test(navigator.platform);

function open() {
  const palette = dialog();
  if (!palette || palette.open) return;
  for (const shown of document.querySelectorAll("[popover]:popover-open")) shown.hidePopover();
  palette.showModal();
  input().select();
  htmx.trigger(input(), "palette-open");
}

function choose(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  if (option) {
    input().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input().removeAttribute("aria-activedescendant");
}

function step(by) {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  choose(all[(at + by + all.length) % all.length]);
}

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    if (!dialog()) return;
    event.preventDefault();
    if (dialog().open) dialog().close(); else open();
    return;
  }
  if (event.target !== input() || event.isComposing) return;
  if (event.key === "ArrowDown") step(1);
  else if (event.key === "ArrowUp") step(-1);
  else if (event.key === "Enter") {
    const chosen = options().find((one) => one.getAttribute("aria-selected") === "true");
    if (!chosen || document.getElementById("palette-found").getAttribute("aria-busy") === "true") return event.preventDefault();
    chosen.click();
  } else return;
  event.preventDefault();
});

addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (event.target.closest("[data-palette]") && plain && dialog()) {
    event.preventDefault();
    open();
  } else if (event.target === dialog()) dialog().close(); // beside it
  else if (event.target.closest("#palette-list [role=option]")) {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (plain) dialog().close(); // before what it does: a popover can't show beneath a dialog
    if (act?.startsWith("theme-")) dispatchEvent(new CustomEvent("theme", { detail: act.slice(6) }));
  }
});

// What was typed meanwhile counts; the first one found is chosen.
addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === input()) document.getElementById("palette-found").setAttribute("aria-busy", "true");
});
addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "palette-found") return;
  event.target.removeAttribute("aria-busy");
  options().forEach((one, number) => { one.id = `found-${number}`; });
  choose(options()[0]);
  document.getElementById("palette-said").textContent = document.getElementById("palette-list")?.dataset.said ?? "";
});

if (mac) for (const key of document.querySelectorAll("[data-mod]")) key.textContent = "⌘K";
