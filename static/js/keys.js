// Single keys (WCAG 2.1.4: they can be switched off, and never act while somebody types).
import { move, go } from "./list.js";

const kept = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
let on = kept();
let went = 0; // when g was pressed

const shown = (element) => element.getClientRects().length > 0 && !element.disabled;
const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const busy = () => document.getElementById("request")?.getAttribute("aria-busy") === "true";

// A verb behind "More" is on the page all the same: its key opens what it stands behind.
const folded = "details.folds:not([open]), .decide-acts:has(> .more-acts:not([open]))";
const fold = (element) => {
  const around = shown(element) ? null : element.closest(folded);
  return around?.querySelector(":scope > .more-acts") ?? around;
};
const there = (element) => shown(element) || Boolean(fold(element));

function press(key) {
  const button = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && there(one));
  if (!button || busy()) return false;
  const more = fold(button);
  if (more) more.open = true;
  button.click();
  return true;
}

function keyed(key) {
  if (Date.now() - went < 1500) {
    went = 0;
    const link = [...document.querySelectorAll("[data-go]")].find((one) => one.dataset.go === key);
    if (link) { location.assign(link.href); return true; }
  }
  switch (key) {
    case "j": return move(1);
    case "k": return move(-1);
    case "g": went = Date.now(); return true;
    case "/": document.getElementById("q")?.focus(); return Boolean(document.getElementById("q"));
    case "?": document.getElementById("keys")?.togglePopover(); return true;
    default: return press(key);
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

// Opening "Reject…" means writing why; other verbs ask for something else first.
addEventListener("toggle", (event) => {
  if (event.target.matches?.(".decide details[open]")) event.target.querySelector("textarea, select, input:not([type=hidden])")?.focus();
}, true);

// What comes open stays open: of details with one name the browser closes the one that is put in while another is open,
// and the new page is put in before the old one goes.
addEventListener("htmx:beforeSwap", ({ detail: { shouldSwap, target } }) => {
  if (shouldSwap) for (const old of target.querySelectorAll("details[name][open]")) old.removeAttribute("name");
});

// What "?" shows is what this page has now: its buttons by their own words, and where g leads.
function words(element) {
  if (element.dataset.says) return element.dataset.says;
  if (element.ariaLabel) return element.ariaLabel;
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll(".kbd, .count, .icon")) part.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}
function row(keys, says) {
  const entry = document.createElement("div");
  entry.dataset.made = "";
  const term = document.createElement("dt");
  for (const key of keys) term.append(Object.assign(document.createElement("span"), { className: "kbd", textContent: key.toUpperCase() }));
  entry.append(term, Object.assign(document.createElement("dd"), { textContent: says }));
  return entry;
}
addEventListener("beforetoggle", (event) => {
  if (event.target.id !== "keys" || event.newState !== "open") return;
  for (const old of event.target.querySelectorAll("[data-made]")) old.remove();
  for (const entry of event.target.querySelectorAll("[data-if]")) entry.hidden = !document.querySelector(entry.dataset.if);
  const here = new Map();
  const said = new Set([...event.target.querySelectorAll("[data-if]:not([hidden]) .kbd")].map((one) => one.textContent.toLowerCase()));
  for (const button of document.querySelectorAll("[data-key]")) if (there(button) && !here.has(button.dataset.key) && !said.has(button.dataset.key)) here.set(button.dataset.key, row([button.dataset.key], words(button)));
  for (const link of document.querySelectorAll("[data-go]")) if (!here.has(`g ${link.dataset.go}`)) here.set(`g ${link.dataset.go}`, row(["g", link.dataset.go], words(link)));
  event.target.querySelector("[data-keys-here]").before(...here.values());
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
