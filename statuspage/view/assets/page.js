// SPDX-License-Identifier: Apache-2.0

// Keeps the page up to date: the server tells when it has changed, and what did
// change is put in place. Where events don't get through it asks from time to time.
// Besides: times in the visitor's zone, the theme, and a tooltip for each day.
"use strict";
(() => {
  const pollEvery = 15e3; // without events
  const pollAtMost = 120e3; // while the server can't be reached
  const checkEvery = 300e3; // beside events, since a dead connection is silent
  const retryEvents = 60e3;

  const root = document.documentElement;
  // The page's language, as it is written where the visitor is.
  const lang = navigator.languages?.find((l) => l.split("-")[0] === root.lang) ?? (root.lang || undefined);
  const stored = (key) => {
    try {
      return localStorage.getItem(key) || "";
    } catch {
      return "";
    }
  };
  const store = (key, value) => {
    try {
      if (value) localStorage.setItem(key, value);
      else localStorage.removeItem(key);
    } catch {
      // The choice then lasts as long as the page.
    }
  };

  // ---- Times

  let zone = stored("zone") || undefined;
  let lag = 0; // the server's clock less ours, in ms
  let formats;
  const utc = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "always" });

  function setZone(value) {
    zone = value || undefined;
    const format = (options) => new Intl.DateTimeFormat(lang, { ...options, timeZone: zone });
    formats = {
      day: format({ dateStyle: "long" }),
      full: format({ day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" }),
      short: format({ day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" }),
      end: format({ hour: "numeric", minute: "2-digit", timeZoneName: "short" }),
    };
  }

  function ago(time) {
    let age = Math.max(0, Math.round((Date.now() + lag - time) / 1e3));
    for (const [unit, length] of [["second", 60], ["minute", 60], ["hour", 24]]) {
      if (age < length) return relative.format(-age, unit);
      age = Math.floor(age / length);
    }
    return relative.format(-age, "day");
  }

  // localise writes the times below an element for the visitor, in full on paper. A
  // date without a time is a day of UTC and stays one. Only text that changes is
  // touched.
  function localise(below, onPaper = false) {
    for (const e of below.querySelectorAll('time[datetime*="T"]')) {
      const time = Date.parse(e.dateTime);
      let text;
      if ("ago" in e.dataset && !onPaper) text = ago(time);
      else if ("from" in e.dataset) text = formats.short.format(time);
      else if ("to" in e.dataset) {
        const from = e.previousElementSibling;
        const sameDay = from && formats.day.format(Date.parse(from.dateTime)) === formats.day.format(time);
        text = (sameDay ? formats.end : formats.full).format(time);
      } else text = formats.full.format(time);
      if (e.textContent !== text) e.textContent = text;
      const title = utc.format(time) + " UTC";
      if (e.title !== title) e.title = title;
    }
  }

  // ---- Changes, put in place

  const served = new WeakMap(); // details → whether the server last had them open

  // morph makes a like b, in place: what stays the same is left alone, and so are
  // focus, selection, scroll position and open details.
  function morph(a, b) {
    if (a.nodeName !== b.nodeName || a.id !== b.id) {
      a.replaceWith(b);
    } else if (a.nodeType !== Node.ELEMENT_NODE) {
      if (a.data !== b.data) a.data = b.data;
    } else if (!a.isEqualNode(b)) {
      morphAttributes(a, b);
      morphChildren(a, b);
    }
  }

  // A fold opens where the server has newly opened it, and is the visitor's own otherwise.
  function morphAttributes(a, b) {
    const fold = a.nodeName === "DETAILS";
    if (fold) {
      const before = served.get(a) ?? a.open;
      served.set(a, b.open);
      if (b.open && !before) a.open = true;
    }
    for (const { name } of [...a.attributes]) {
      if (!b.hasAttribute(name) && !(fold && name === "open")) a.removeAttribute(name);
    }
    for (const { name, value } of b.attributes) {
      if (a.getAttribute(name) !== value && !(fold && name === "open")) a.setAttribute(name, value);
    }
  }

  // morphChildren finds the elements that carry an id wherever they were, and takes
  // the others in order. What goes, goes first, so that what stays need not be moved:
  // an element that is moved loses the focus.
  function morphChildren(a, b) {
    const wanted = new Set([...b.children].map((e) => e.id));
    for (const e of [...a.children]) if (e.id && !wanted.has(e.id)) e.remove();
    const known = new Map([...a.children].map((e) => [e.id, e]));

    let at = a.firstChild;
    const drop = () => {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    };
    for (const next of [...b.childNodes]) {
      const same = next.id ? known.get(next.id) : at;
      if (!same || (!next.id && same.id)) {
        a.insertBefore(next, at);
        continue;
      }
      while (at && at !== same && !at.id) drop();
      if (same === at) at = at.nextSibling;
      else a.insertBefore(same, at);
      morph(same, next);
    }
    while (at) drop();
  }

  function rememberFolds() {
    for (const e of document.querySelectorAll("details")) if (!served.has(e)) served.set(e, e.open);
  }

  // prepare makes what the server sent what a page with a script shows: it has
  // tooltips of its own.
  function prepare(below) {
    localise(below);
    for (const e of below.querySelectorAll(".days title")) e.remove();
  }

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  // honest returns the page of an answer. A copy that was not brought up to date in time
  // has one beside it on which all is unknown.
  async function honest(answer) {
    const page = parse(await answer.text());
    const { until, unknown } = page.body.dataset;
    if (!(Date.now() + lag > Date.parse(until))) return page;
    const instead = await fetch(new URL(unknown, location.href), { cache: "no-cache", signal: asking.signal });
    if (!instead.ok) throw new Error(instead.statusText);
    return parse(await instead.text());
  }

  function show(page) {
    const main = page.getElementById("main");
    if (!main || page.getElementById("password")) throw new Error("the answer is not this page");
    prepare(main);
    document.title = page.title;
    morph(document.getElementById("main"), main);
    rememberFolds();
  }

  // ---- Learning of changes

  // The version of what is shown, of which events tell, too. Of the headers of the page
  // that it is on, a script can read this one alone.
  let version = performance.getEntriesByType("navigation")[0]?.serverTiming?.find((t) => t.name === "version")?.description;
  let etag = null; // of what is shown
  let wait = pollEvery;
  let timer = 0;
  let asking = null; // the request under way
  let again = false; // it changed while a request was under way
  let source = null;
  let retry = 0;
  const isCopy = "until" in document.body.dataset; // which grows old where nothing changes

  function offline(is) {
    const e = document.getElementById("offline");
    if (e && e.hidden === is) e.hidden = !is;
  }

  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = new AbortController();
    const timeout = setTimeout(() => asking.abort(), 20e3);
    try {
      const answer = await fetch(location.href.split("#")[0], { cache: "no-cache", signal: asking.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const date = Date.parse(answer.headers.get("Date"));
      if (date) lag = Math.abs(date - Date.now()) > 2e3 ? date - Date.now() : 0;
      const tag = answer.headers.get("ETag");
      if (tag === null || tag !== etag || isCopy) show(await honest(answer));
      etag = tag;
      wait = pollEvery;
      offline(false);
    } catch {
      wait = Math.min(wait * 2, pollAtMost);
      if (!document.hidden) offline(true);
    } finally {
      clearTimeout(timeout);
      asking = null;
      if (again) {
        again = false;
        plan(0);
      } else {
        plan(connected() && wait === pollEvery ? checkEvery : wait);
      }
    }
  }

  // plan asks again after about so many ms, unless nobody looks.
  function plan(after) {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, after * (0.9 + 0.2 * Math.random()));
  }

  const connected = () => source !== null && source.readyState === EventSource.OPEN;

  // listen opens the stream of events. The first one tells what is current: it may
  // have changed since this page was loaded.
  function listen() {
    clearTimeout(retry);
    const address = document.body.dataset.events;
    if (!address || source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("page", (event) => {
      let data = {};
      try {
        data = JSON.parse(event.data);
      } catch {
        // Then it has changed, and that is all there is to know.
      }
      if (data.version === undefined || data.version !== version) ask();
      version = data.version;
    });
    let lost = false; // each further attempt of the browser's is an error too
    source.addEventListener("open", () => {
      lost = false;
      plan(wait === pollEvery ? checkEvery : 0);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) {
        if (!lost) plan(wait);
        lost = true;
        return;
      }
      hangUp();
      plan(wait);
      retry = setTimeout(listen, retryEvents * (0.9 + 0.2 * Math.random()));
    });
  }

  function hangUp() {
    clearTimeout(retry);
    if (source) source.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hangUp();
      clearTimeout(timer);
      return;
    }
    localise(document);
    listen();
    plan(0);
  });
  addEventListener("online", () => plan(0));
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (event) => event.persisted && (listen(), plan(0)));

  // ---- Days: what is known of the one under the pointer

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;

  function tell(event) {
    const bars = event.target.closest?.(".days");
    const facts = bars?.closest("[data-today]")?.dataset;
    tip.hidden = !facts;
    if (!facts) return;
    const box = bars.getBoundingClientRect();
    const count = Math.round((bars.viewBox.baseVal.width + 1) / 4);
    const index = Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * count)));
    const day = new Date(facts.today);
    day.setUTCDate(day.getUTCDate() - (count - 1 - index));
    const key = day.toISOString().slice(0, 10);
    const row = bars.closest("li, .service, .past-days")?.querySelector(`:scope > .fold time[datetime="${key}"], :scope > .more time[datetime="${key}"]`);
    const label = document.createElement("b");
    label.textContent = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeZone: "UTC" }).format(day);
    const empty = (bars.querySelector(".none")?.getAttribute("d") ?? "").matchAll(/M(\d+) \d+h(\d+)/g);
    const unknown = [...empty].some(([, from, length]) => index * 4 >= +from && index * 4 < +from + +length);
    tip.replaceChildren(label, row ? row.closest("tr").cells[1].textContent : unknown ? facts.none : facts.well);
    const middle = box.left + ((index + 0.5) / count) * box.width;
    const left = Math.min(Math.max(8, middle - tip.offsetWidth / 2), root.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${box.top + scrollY - tip.offsetHeight - 6}px`;
  }
  document.addEventListener("pointermove", tell);
  document.addEventListener("pointerdown", tell);
  document.addEventListener("keydown", (event) => event.key === "Escape" && (tip.hidden = true));
  document.addEventListener("scroll", () => (tip.hidden = true), { passive: true });

  // ---- The visitor's choices

  function choose(id, key, apply) {
    const e = document.getElementById(id);
    if (!e) return;
    e.value = stored(key);
    e.addEventListener("change", () => {
      store(key, e.value);
      apply(e.value);
    });
  }

  choose("theme", "theme", (theme) => (theme ? (root.dataset.theme = theme) : delete root.dataset.theme));
  choose("zone", "zone", (value) => {
    setZone(value);
    localise(document);
  });
  const controls = document.getElementById("controls");
  if (controls) controls.hidden = false;

  addEventListener("beforeprint", () => localise(document, true));
  addEventListener("afterprint", () => localise(document));
  document.body.append(tip);
  setZone(zone);
  prepare(document);
  rememberFolds();
  if (document.getElementById("services")) {
    setInterval(() => document.hidden || localise(document), 1e3);
    listen();
    plan(isCopy ? 0 : pollEvery);
  }
})();
