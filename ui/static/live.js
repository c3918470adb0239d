// Keeps the page honest about its stream: says when it is lost, and tries the very first connection again
// (htmx 4's extension retries only a stream that once stood). Runs before htmx, whose first event must not be missed.
(() => {
  const RETRY_MS = 1000;
  const root = document.documentElement;
  const isStream = (element) => element?.hasAttribute?.("hx-sse:connect");

  const show = (state) => { root.dataset.live = state; };

  const connectAgain = (element) => setTimeout(() => {
    if (element.isConnected && !element._htmx?.sse) {
      htmx.ajax("GET", element.getAttribute("hx-sse:connect"), { source: element, swap: "none" });
    }
  }, RETRY_MS);

  document.addEventListener("htmx:after:sse:connection", () => show("on"));
  document.addEventListener("htmx:sse:error", () => show("lost"));
  for (const name of ["htmx:error", "htmx:response:error"]) {
    document.addEventListener(name, (event) => {
      if (!isStream(event.target)) return;
      show("lost");
      connectAgain(event.target);
    });
  }
  document.addEventListener("htmx:before:sse:connection", (event) => {
    if (event.detail.connection.attempt > 0 && !document.hidden) show("lost");
  });
})();
