// Theme: follows the system until someone chooses; the choice is kept in this browser. Loaded before the first paint.
(() => {
  const order = ["auto", "light", "dark"];
  const kept = () => { try { const theme = localStorage.getItem("theme"); return order.includes(theme) ? theme : "auto"; } catch { return "auto"; } };
  const root = document.documentElement;
  const show = (theme) => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      button.textContent = button.dataset[theme];
    }
  };
  const keep = (theme) => {
    try { localStorage.setItem("theme", theme); } catch { /* private mode: this page only */ }
    show(theme);
  };
  show(kept());
  addEventListener("DOMContentLoaded", () => show(kept()));
  addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
    keep(order[(order.indexOf(kept()) + 1) % order.length]);
  });
  addEventListener("theme", (event) => keep(event.detail)); // chosen by its name
})();
