// What Streamlit's page does not do for those who type, go by keyboard, or lose the connection.
(() => {
  const words = document.currentScript.dataset;
  const main = "[data-testid=stMain], [data-testid=stPopoverBody]";

  // A field is sent when it is left. It is sent in a pause, too, every few seconds of whoever makes none, and when it, or
  // the page, goes out of sight: what is kept of a draft is then what stands on the screen. Ctrl+Enter is how a field is
  // sent by hand; in a form it would hand in.
  // Not a place in one's own list, which is acted on at once: who types 12 does not wish for place 1 first.
  const isText = (e) => e?.matches?.("textarea, input[type=text], input[type=number]")
    && e.closest(main) && !e.closest("[data-testid=stForm], [data-testid=stDateInput], [role=combobox]")
    && e.role !== "combobox" && e.type !== "password" && !e.closest("[class*=st-key-to-list-]");
  const send = (e) => e.isConnected
    && e.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true }));
  const PAUSE_MS = 1200, LONGEST_MS = 3000;
  let pause, typing, since;
  const forget = () => {
    clearTimeout(pause);
    typing = since = undefined;
  };
  const sendNow = () => {
    if (typing) send(typing);
    forget();
  };
  const sendSoon = () => {
    clearTimeout(pause);
    pause = setTimeout(sendNow, Math.min(PAUSE_MS, since + LONGEST_MS - performance.now()));
  };
  addEventListener("input", ({ target, isComposing }) => {
    if (target !== typing) forget();
    clearTimeout(pause);
    // An emptied number would come back as another one under the fingers.
    if (!isText(target) || (target.type === "number" && !target.value)) return forget();
    typing = target;
    since ??= performance.now();
    if (!isComposing) sendSoon();
  }, true);
  addEventListener("compositionend", () => { if (typing) sendSoon(); }, true);
  addEventListener("blur", (event) => { if (event.target === typing) forget(); }, true);
  addEventListener("beforeunload", sendNow);  // at pagehide it does not leave every browser any more
  addEventListener("pagehide", sendNow);
  document.addEventListener("visibilitychange", () => { if (document.hidden) sendNow(); });

  // A small window that was opened by keyboard takes the focus, and gives it back.
  let byKeyboard = false, opener, held, heldKey, isLost = false;
  addEventListener("keydown", (event) => {
    if (!event.isTrusted) return;
    byKeyboard = true;
    if (event.isComposing) return;
    // Who sends a field by hand has said what is to become of it. Escape closes its window, with what stands in it.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.target.localName !== "textarea")) forget();
    if (event.key === "Escape") sendNow();
  }, true);
  addEventListener("pointerdown", () => { byKeyboard = false; }, true);
  const opened = (body, tries = 40) => {
    const now = document.activeElement;
    if (!byKeyboard || !body.isConnected || (now.matches("input, textarea") && !body.contains(now))) return;
    // Drawn anew, it is the same window, and what had the focus has it again.
    const same = held && heldKey && body.querySelector(`.${CSS.escape(heldKey)} ${held.localName}`);
    const first = same || body.querySelector("input:not([tabindex='-1']), textarea, button, a[href]");
    if (first) first.focus();
    else if (tries) setTimeout(opened, 50, body, tries - 1);  // what is in it comes when it is opened
  };
  const closed = () => {
    if (document.querySelector("[data-testid=stPopoverBody]")) return;
    if (byKeyboard && opener?.isConnected && document.activeElement === document.body) opener.focus();
  };

  // What is moved on the page, or drawn anew, loses the focus; who goes by keyboard would begin at the top again.
  // By a place, which is another field when it changes, whatever is around it.
  const keyOf = (e) => [...e?.closest("[class*=st-key-]:not([class*=st-key-to-list-])")?.classList ?? []]
    .find((name) => name.startsWith("st-key-"));
  addEventListener("focusin", ({ target }) => {
    held = target.closest(main) ? target : undefined;
    heldKey = keyOf(held);
    isLost = false;
  });
  // Who leaves it for another has left it; between the two nothing has the focus.
  addEventListener("focusout", ({ relatedTarget }) => { if (relatedTarget) held = undefined; }, true);
  addEventListener("pointerdown", () => { held = undefined; }, true);
  const holdOn = () => {
    if (!isLost || !byKeyboard || !held || !document.hasFocus() || document.activeElement !== document.body) return;
    if (!held.isConnected && heldKey) held = document.querySelector(`.${CSS.escape(heldKey)} ${held.localName}`) ?? held;
    held.focus();
  };

  // Streamlit says in English, over everything, that the service does not answer.
  const lost = document.createElement("p");
  lost.role = "alert";
  lost.className = "lost";
  addEventListener("matcher:reached", ({ detail: isReached }) => {
    document.documentElement.classList.toggle("is-lost", !isReached);
    if (isReached) lost.remove();
    else if (!lost.isConnected) {
      document.body.prepend(lost);
      lost.textContent = words[document.documentElement.lang === "en" ? "en" : "zh"];
    }
  });

  new MutationObserver((changes) => {
    for (const { addedNodes, removedNodes } of changes) {
      for (const node of addedNodes) {
        const body = node.querySelector?.("[data-testid=stPopoverBody]") ?? (node.matches?.("[data-testid=stPopoverBody]") ? node : null);
        if (body) {
          const now = document.activeElement;
          if (now !== document.body && !now.closest("[data-testid=stPopoverBody]")) opener = now;
          setTimeout(opened, 50, body);
        }
      }
      for (const node of removedNodes) {
        isLost ||= node.contains(held ?? null);
        if (node.querySelector?.("[data-testid=stPopoverBody]")) setTimeout(closed, 100);
      }
    }
    holdOn();
  }).observe(document, { childList: true, subtree: true });
})();
