// When the line is down or the answer is no page: say it, refuse acts kindly, lose nothing, and mend by itself.
const bar = () => document.getElementById("offline");
const words = (name) => bar()?.dataset[name] ?? "";
const main = () => document.getElementById("main");
let answered = Date.now(); // when the server last said anything
let down = 0; // since when it does not
let wait = 0; // before the next try
let timer = 0;

const clock = (at) => {
  const zone = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try { return new Intl.DateTimeFormat("en", { ...zone, timeZone: bar().dataset.zone }).format(at); } catch { return new Intl.DateTimeFormat("en", zone).format(at); }
};

function say(text, state) {
  const line = bar();
  if (!line) return;
  line.hidden = false;
  line.dataset.state = state;
  line.querySelector("[data-say]").textContent = text;
}
const hide = () => { if (bar()) bar().hidden = true; };

function fell() {
  if (!down) { down = Date.now(); wait = 0; }
  const sentence = navigator.onLine ? words("server") : words("browser");
  say(sentence.replace("{since}", clock(down)).replace("{from}", clock(answered)), "down");
  clearTimeout(timer);
  wait = Math.min(30, wait ? wait * 2 : 2);
  timer = setTimeout(probe, 1000 * wait);
}

function rose() {
  answered = Date.now();
  if (!down) return;
  down = 0;
  clearTimeout(timer);
  say(words("back"), "back");
  setTimeout(() => { if (!down && bar()?.dataset.state === "back") hide(); }, 4000);
  const line = document.getElementById("freshness");
  if (line) htmx.trigger(line, "wake");
}

// Does anything answer? Who was signed out meanwhile has a line all the same.
async function probe() {
  try {
    const answer = await fetch(bar().dataset.probe, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(5000), cache: "no-store" });
    if ([502, 503, 504].includes(answer.status)) fell(); else rose();
  } catch { fell(); }
  return !down;
}

addEventListener("offline", probe);
addEventListener("online", probe);
addEventListener("htmx:sendError", (event) => { fell(); refused(event.detail); });
addEventListener("htmx:timeout", (event) => { fell(); refused(event.detail); });
addEventListener("htmx:afterOnLoad", rose);

const act = (config) => config && config.verb !== "get";
function refused({ requestConfig }) {
  if (act(requestConfig)) say(`${bar().querySelector("[data-say]").textContent} ${words("kept")}`, "down");
}

// While the line is down no act and no page is asked for: the browser's own error page would take what was typed.
addEventListener("htmx:confirm", (event) => {
  if (!down || event.detail.verb === "get") return;
  event.preventDefault();
  fell();
  refused({ requestConfig: { verb: event.detail.verb } });
  probe().then((up) => { if (!up) refused({ requestConfig: { verb: event.detail.verb } }); });
});
addEventListener("submit", async (event) => {
  const form = event.target;
  const plain = form.method === "post" && !event.defaultPrevented && !form.matches("[hx-post]");
  if (!plain || (!down && Date.now() - answered < 5000) || form.dataset.checked) { delete form.dataset?.checked; return; }
  event.preventDefault();
  if (await probe()) {
    form.dataset.checked = "yes";
    form.requestSubmit(event.submitter ?? undefined);
  } else refused({ requestConfig: { verb: "post" } });
});
addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest("[data-probe-now]")) { wait = 0; probe(); return; }
  const link = event.target.closest("a[href]");
  if (!down || !link || link.target || link.origin !== location.origin || link.matches("[hx-get], [data-palette]") || link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  probe().then((up) => { if (up) location.assign(link.href); });
});

// An answer that is no page. What was asked for by a click or a form, and is gone or forbidden, is said by the whole
// page; a part that loads by itself says it in its place and can be tried again; what was typed stays on a fault.
addEventListener("htmx:responseError", (event) => {
  const { requestConfig, xhr, elt, target } = event.detail;
  if (xhr.status === 0) return;
  answered = Date.now();
  if ([502, 503, 504].includes(xhr.status)) fell();
  const number = xhr.getResponseHeader("X-Incident") ?? xhr.status;
  const fault = xhr.status >= 500;
  if (act(requestConfig)) {
    if (fault) return say(words("broke").replace("{number}", number), "broke");
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    document.title = page.title;
    return document.body.replaceWith(page.body);
  }
  if (elt.matches("[hx-trigger^='every']") || elt.closest("dialog")) return;
  if (!fault && elt.matches("a")) return location.assign(requestConfig.path);
  failed(elt, target, requestConfig, fault ? words("partBroke").replace("{number}", number) : words("part"));
});
addEventListener("htmx:sendError", ({ detail: { elt, target, requestConfig } }) => {
  if (!act(requestConfig) && !elt.matches("[hx-trigger^='every']") && !elt.closest("dialog")) failed(elt, target, requestConfig, words("part"));
});

// In the place of the part: what happened, and a button that asks for it again.
function failed(elt, target, { path }, sentence) {
  const said = document.createElement("div");
  said.className = "notice";
  said.dataset.state = "late";
  said.setAttribute("role", "alert");
  const again = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: words("again") });
  said.append(Object.assign(document.createElement("p"), { textContent: sentence }), again);
  target.removeAttribute("aria-busy");
  target.prepend(said);
  for (const old of target.querySelectorAll(":scope > .notice[role=alert]")) if (old !== said && old.querySelector("[data-again]")) old.remove();
  again.dataset.again = "";
  again.addEventListener("click", () => {
    said.remove();
    target.setAttribute("aria-busy", "true");
    const swap = elt.closest("[hx-swap]")?.getAttribute("hx-swap");
    htmx.ajax("GET", path, { source: elt.isConnected ? elt : target, target, swap });
  });
}

export { answered, clock };
