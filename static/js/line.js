// When the line is down or the answer is no page.
const note = document.getElementById("offline");
const show = (down) => { if (note) note.hidden = !down; };

addEventListener("htmx:sendError", () => show(true));
addEventListener("htmx:timeout", () => show(true));
addEventListener("htmx:afterOnLoad", () => show(false));
addEventListener("offline", () => show(true));
addEventListener("online", () => show(false));

// Gone, forbidden or broken: the whole page says it, with what to do.
addEventListener("htmx:responseError", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (xhr.status === 0) return;
  const polled = event.target.matches?.("[hx-trigger^='every']");
  if (requestConfig.verb === "get" && !polled) location.assign(requestConfig.path);
  else if (!polled) {
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    document.title = page.title;
    document.body.replaceWith(page.body);
  }
});
