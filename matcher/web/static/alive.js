// Leads to the login when the session is over: Streamlit alone would show what it last had, and try to reconnect for ever.
// And keeps the language of the page where it is switched, which changes the address alone.
(() => {
  const reached = (detail) => dispatchEvent(new CustomEvent("matcher:reached", { detail }));
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/account/alive", { cache: "no-store" });
      if (answer.status === 401) location.reload();
    } catch {
      reached(false);
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("close", look);
      this.addEventListener("open", () => reached(true));
    }
  };
  for (const name of ["pushState", "replaceState"]) {
    const theirs = history[name];
    history[name] = function (...given) {
      theirs.apply(this, given);
      document.documentElement.lang = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh-CN";
    };
  }
  document.addEventListener("visibilitychange", look);
  setInterval(look, 30_000);
})();
