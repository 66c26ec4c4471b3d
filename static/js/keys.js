// Single keys (WCAG 2.1.4: they can be switched off, and never act while somebody types).
import { move, go } from "./list.js";

const kept = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
let on = kept();
let went = 0; // when g was pressed

const shown = (element) => element.getClientRects().length > 0 && !element.disabled;
const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const busy = () => document.getElementById("request")?.getAttribute("aria-busy") === "true";

function press(key) {
  const button = [...document.querySelectorAll(`[data-key="${key}"]`)].find(shown);
  if (!button || busy()) return false;
  button.click();
  return true;
}

function keyed(key) {
  if (Date.now() - went < 1500) {
    went = 0;
    const link = document.querySelector(`[data-go="${key}"]`);
    if (link) { location.assign(link.href); return true; }
  }
  switch (key) {
    case "j": return move(1);
    case "k": return move(-1);
    case "g": went = Date.now(); return true;
    case "/": document.getElementById("q")?.focus(); return Boolean(document.getElementById("q"));
    case "?": document.getElementById("keys")?.togglePopover(); return true;
    case "a": case "r": case "u": case "s": case "e": return press(key);
    default: return false;
  }
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!on) return;
  if (document.querySelector("dialog[open]") || (document.querySelector("[popover]:popover-open") && event.key !== "?")) return;
  if (event.key === "Enter" && go(event.target)) { event.preventDefault(); return; }
  if (keyed(event.key.toLowerCase())) event.preventDefault();
});

// Opening "Reject…" means writing why.
addEventListener("toggle", (event) => {
  if (event.target.matches?.(".decide details[open]")) event.target.querySelector("textarea")?.focus();
}, true);

const box = document.getElementById("keys-on");
const show = () => {
  document.documentElement.dataset.keys = on ? "on" : "off";
  if (box) { box.checked = on; box.disabled = false; }
};
box?.addEventListener("change", () => {
  on = box.checked;
  try { localStorage.setItem("keys", on ? "on" : "off"); } catch { /* private mode: this page only */ }
  show();
});
show();
