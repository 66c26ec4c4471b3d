// Replaces a drawing that is already there by Plotly's, which can be pointed at. Without this script the drawing stays.
const THEME = matchMedia("(prefers-color-scheme: dark)");

// Figures name the page's tokens ("--c1"); a canvas of one pixel turns any colour into what Plotly reads.
const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
  willReadFrequently: true,
});

function valueOf(name, place) {
  const probe = document.createElement("span");
  place.append(probe);
  const isFont = name === "--font";
  probe.style[isFont ? "fontFamily" : "color"] = `var(${name})`;
  const said = getComputedStyle(probe)[isFont ? "fontFamily" : "color"];
  probe.remove();
  if (isFont) return said;
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = said;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

function dressed(value, place) {
  if (typeof value === "string") return value.startsWith("--") ? valueOf(value, place) : value;
  if (Array.isArray(value)) return value.map((one) => dressed(one, place));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, dressed(one, place)]));
  }
  return value;
}

function draw(place) {
  const source = document.getElementById(place.dataset.chart);
  if (!source || !window.Plotly) return;
  const stale = document.querySelector("main[data-stale]") !== null;
  const figure = dressed(JSON.parse(source.textContent), place);
  if (stale) for (const { line, marker } of figure.data) for (const part of [line, marker]) if (part) part.color = valueOf("--stale", place);
  if (place.clientWidth < 480) figure.layout.xaxis.nticks = 3; // so that the words of two ticks never touch
  const drawing = place.querySelector("svg.chart");
  if (drawing) {
    place.dataset.label = drawing.getAttribute("aria-label");
    drawing.remove();
  }
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", place.dataset.label ?? "");
  window.Plotly.react(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  place.removeAllListeners?.("plotly_click");
  place.on("plotly_click", ({ points }) => {
    const url = points[0]?.customdata?.[1];
    if (url) location.assign(url);
  });
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

drawAll();
THEME.addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
  if (target.matches?.("[data-chart]")) window.Plotly?.purge(target);
});
document.addEventListener("htmx:load", ({ target }) => target.querySelectorAll?.("[data-chart]").forEach(draw));
