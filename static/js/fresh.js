// The freshness line counts on between two answers, also after the machine slept: it never says "fresh" of old data.
const line = () => document.getElementById("freshness");
let got = Date.now(); // when the line on the page came from the server
let element = null;

function words(seconds, ages) {
  const [s, min, h, days] = ages;
  const [form, size] = seconds < 100 ? [s, 1] : seconds < 6000 ? [min, 60] : seconds < 172800 ? [h, 3600] : [days, 86400];
  return form.replace("%(count)d", Math.floor(seconds / size));
}

function tick() {
  const now = line();
  if (!now) return;
  if (now !== element) { element = now; got = Date.now(); }
  const silent = (Date.now() - got) / 1000;
  if (silent > 45 && navigator.onLine && !document.hidden) htmx.trigger(now, "wake");
  const { age, limit, counting, ended, ages } = now.dataset;
  if (age === undefined) return;
  const bar = document.getElementById("offline");
  const away = bar && !bar.hidden && bar.dataset.state === "down";
  const seconds = Number(age) + silent;
  const stale = seconds > Number(limit);
  const said = away ? bar.dataset.away : stale ? ended : counting.replace("{age}", words(seconds, JSON.parse(ages)));
  const place = now.querySelector("[data-words]");
  if (place.textContent !== said) place.textContent = said;
  now.querySelector(".dot").dataset.state = stale || away ? "soon" : "";
  if (!stale) return;
  now.dataset.state = "stale";
  document.getElementById("main")?.setAttribute("data-stale", "");
}

setInterval(tick, 1000);
for (const name of ["visibilitychange", "pageshow", "focus", "online"]) addEventListener(name, tick);
addEventListener("htmx:afterSettle", tick);
