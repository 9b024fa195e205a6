// SPDX-License-Identifier: Apache-2.0

// Keeps the page up to date: asks the server for it every few seconds, which
// answers "not modified" as long as nothing changed, and puts what did change in
// place. Times are told in the visitor's language and time zone.
"use strict";
(() => {
  const pollEvery = 5e3;
  const pollAtMost = 60e3; // while the server can't be reached

  let version = null; // the ETag of what is shown
  let lag = 0; // the server's clock less ours, in ms
  let wait = pollEvery;
  let timer = 0;
  let asking = null; // the request under way

  const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });

  function ago(time) {
    let age = Math.max(0, Math.round((Date.now() + lag - time) / 1e3));
    for (const [unit, length] of [["second", 60], ["minute", 60], ["hour", 24]]) {
      if (age < length) return relative.format(-age, unit);
      age = Math.floor(age / length);
    }
    return relative.format(-age, "day");
  }

  // localise writes the times below root for the visitor, in full on paper. It
  // touches only text that changes.
  function localise(root, onPaper = false) {
    for (const e of root.querySelectorAll("time")) {
      const time = Date.parse(e.dateTime);
      const full = absolute.format(time);
      const text = "ago" in e.dataset && !onPaper ? ago(time) : full;
      if (e.textContent !== text) e.textContent = text;
      if ("ago" in e.dataset && e.title !== full) e.title = full;
    }
  }

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

  function morphAttributes(a, b) {
    for (const { name } of [...a.attributes]) {
      if (!b.hasAttribute(name) && !(name === "open" && a.nodeName === "DETAILS")) a.removeAttribute(name);
    }
    for (const { name, value } of b.attributes) {
      if (a.getAttribute(name) !== value) a.setAttribute(name, value);
    }
  }

  // morphChildren finds the elements that carry an id wherever they were, and
  // takes the others in order. What goes, goes first, so that what stays need not
  // be moved: an element that is moved loses the focus.
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

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = page.getElementById("main");
    if (!main) throw new Error("the answer is no status page");
    localise(main);
    document.title = page.title;
    morph(document.getElementById("main"), main);
  }

  function offline(is) {
    const e = document.getElementById("offline");
    if (e && e.hidden === is) e.hidden = !is;
  }

  async function poll() {
    asking = new AbortController();
    const timeout = setTimeout(() => asking.abort(), 20e3);
    try {
      const answer = await fetch(location.pathname, { cache: "no-cache", signal: asking.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const etag = answer.headers.get("ETag");
      const date = Date.parse(answer.headers.get("Date"));
      if (date) lag = Math.abs(date - Date.now()) > 2e3 ? date - Date.now() : 0;
      if (etag === null || etag !== version) show(await answer.text());
      version = etag;
      wait = pollEvery;
      offline(false);
    } catch {
      wait = Math.min(wait * 2, pollAtMost);
      if (!document.hidden) offline(true);
    } finally {
      clearTimeout(timeout);
      asking = null;
      plan(wait);
    }
  }

  // plan asks again after about so many ms, unless nobody looks.
  function plan(after) {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(poll, after * (0.9 + 0.2 * Math.random()));
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !asking) {
      localise(document);
      plan(0);
    } else {
      clearTimeout(timer);
    }
  });
  addEventListener("beforeprint", () => localise(document, true));
  setInterval(() => document.hidden || localise(document), 1e3);
  localise(document);
  plan(pollEvery);
})();
