// SPDX-License-Identifier: Apache-2.0
// A banner for sites of customers: it shows while something has been down for longer
// than the status page says, and goes by itself. It touches nothing of its host but one
// element at the beginning of the body.
(() => {
  "use strict";
  const settings = {"after":300,"base":"https://status.example.com","details":"Details","dismiss":"Dismiss","down":"Down: {0}","every":60,"label":"Service status","language":"en"};
  const script = document.currentScript;
  const base = settings.base || (script && script.src ? new URL(".", script.src).href.slice(0, -1) : "");
  const loaded = Symbol.for("pharos-banner");
  if (!base || document[loaded]) return;
  document[loaded] = true;

  const css = `
    :host { all: initial; display: block }
    section { display: flex; flex-wrap: wrap; gap: .5em 1em; align-items: center; justify-content: center; padding: .6em 1em;
      background: #8f1d21; color: #fff; font: 400 16px/1.4 system-ui, sans-serif; overflow-wrap: anywhere }
    p { margin: 0 }
    a { color: #fff }
    button { font: inherit; color: #fff; background: transparent; border: 1px solid #fff; border-radius: .3em; padding: .1em .6em; cursor: pointer }
    a:focus-visible, button:focus-visible { outline: 2px solid #fff; outline-offset: 2px }
    @media print { section { display: none } }
    @media (forced-colors: active) { section { border: 1px solid } }`;

  let host = null; // the element that holds the banner while it shows
  let message = null;
  let dismissed = "";
  let shown = "";
  try { dismissed = sessionStorage.getItem("pharos-banner") || "" } catch { /* the site allows no storage */ }

  function make(tag, text) {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
  }

  function hide() {
    if (host) host.remove();
    host = null;
    shown = "";
  }

  function dismiss() {
    dismissed = shown;
    try { sessionStorage.setItem("pharos-banner", dismissed) } catch { /* it will come back on the next page */ }
    hide();
  }

  function open() {
    host = document.createElement("div");
    const root = host.attachShadow({ mode: "closed" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch { /* an old browser shows it plain */ }
    const section = document.createElement("section");
    section.setAttribute("aria-label", settings.label);
    section.lang = settings.language;
    message = make("p", "");
    message.setAttribute("role", "status");
    const link = make("a", settings.details);
    link.href = base + "/";
    const button = make("button", settings.dismiss);
    button.type = "button";
    button.addEventListener("click", dismiss);
    section.append(message, link, button);
    root.append(section);
    document.body.prepend(host);
  }

  // The age of an outage is taken from the page's own times: the visitor's clock may be wrong.
  // One whose beginning is not known may have begun just now.
  function outages(data) {
    const now = Date.parse(data.page.updated_at);
    return data.pharos_outages.filter((o) => o.since !== null && now - Date.parse(o.since) >= settings.after * 1000);
  }

  function show(data) {
    const down = outages(data);
    const id = down.map((o) => o.name + " " + o.since).join("\n");
    if (down.length === 0 || id === dismissed) return hide();
    if (id === shown) return;
    if (!host) open();
    shown = id;
    const text = settings.down.split("{0}").join(down.map((o) => o.name).join(", "));
    setTimeout(() => { message.textContent = text }, 50); // screen readers announce what changes
  }

  // A page that has been told nothing for an hour says no more what is down now. So much
  // a visitor's clock may be wrong.
  const tooOld = (data) => Date.now() - Date.parse(data.page.updated_at) > 3_600_000;

  async function look() {
    if (document.hidden) return;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 10_000);
    try {
      const answer = await fetch(base + "/api/v2/status.json", { credentials: "omit", signal: controller.signal });
      const data = answer.ok ? await answer.json() : null;
      if (data && !tooOld(data)) show(data);
      else hide();
    } catch {
      hide();
    } finally {
      clearTimeout(timer);
    }
  }

  function begin() {
    look();
    setInterval(look, settings.every * 1000);
    document.addEventListener("visibilitychange", look);
  }
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
