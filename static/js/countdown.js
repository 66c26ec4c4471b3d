// Seconds until a decision takes effect. The server says how many; the clock of this machine does not matter.
const ends = new WeakMap();

function tick() {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    if (!ends.has(element)) ends.set(element, performance.now() + 1000 * Number(element.dataset.countdown));
    element.textContent = Math.max(0, Math.ceil((ends.get(element) - performance.now()) / 1000));
  }
}
setInterval(tick, 500);
