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
  show(kept());
  addEventListener("DOMContentLoaded", () => show(kept()));
  addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
    const next = order[(order.indexOf(kept()) + 1) % order.length];
    try { localStorage.setItem("theme", next); } catch { /* private mode: this page only */ }
    show(next);
  });
})();
