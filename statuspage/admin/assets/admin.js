// SPDX-License-Identifier: Apache-2.0

// Makes the forms of operators more convenient: previews while one types, components
// that can be searched, times in one's own zone. Everything works without it.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // live keeps place as the server would draw it from what is typed in the form.
  function live(form, place, inputs, fields) {
    let timer = 0, asking = null;
    async function ask() {
      asking?.abort();
      asking = new AbortController();
      const body = new URLSearchParams({ csrf: form.elements.csrf.value });
      for (const name of fields) body.set(name, form.elements[name].value);
      try {
        const answer = await fetch(place.dataset.to, { method: "POST", body, signal: asking.signal });
        if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
      } catch {
        // It was overtaken, or the server is away: what is shown stays.
      }
    }
    for (const input of inputs) {
      input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(ask, 250);
      });
    }
  }

  for (const area of all("textarea[data-preview]")) {
    const place = document.getElementById(area.dataset.preview);
    // The server knows every text by this name.
    const named = { elements: { csrf: area.form.elements.csrf, text: area } };
    live(named, place, [area], ["text"]);
  }

  for (const form of all("form[data-plan]")) {
    const { start, end, time_zone: zone, repeat, rrule } = form.elements;
    const rule = form.querySelector(".rule");
    const showRule = () => { rule.hidden = repeat.value !== "custom"; };
    repeat.addEventListener("change", showRule);
    showRule();
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ("new" in form.dataset && own && zone.value === "UTC" && !start.value) zone.value = own;
    document.getElementById("zones").replaceChildren(...(Intl.supportedValuesOf?.("timeZone") ?? []).map((name) => new Option(name, name)));
    start.addEventListener("change", () => {
      const begin = new Date(start.value + "Z");
      if (end.value || isNaN(begin)) return;
      end.value = new Date(+begin + 3600e3).toISOString().slice(0, 16);
      end.dispatchEvent(new Event("input"));
    });
    live(form, form.querySelector(".dates"), [start, end, zone, repeat, rrule], ["start", "end", "time_zone", "repeat", "rrule"]);
  }

  for (const filter of all("input[data-filter]")) {
    const tree = document.getElementById(filter.dataset.filter);
    filter.parentElement.hidden = all("label", tree).length < 12;
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      const fits = (label) => label.textContent.toLowerCase().includes(wanted) || label.querySelector("input").checked;
      for (const group of all(".group", tree)) {
        const whole = fits(group.querySelector(".all-of"));
        let some = whole;
        for (const label of all(".nodes label", group)) {
          label.hidden = !(whole || fits(label));
          some ||= !label.hidden;
        }
        group.hidden = !some;
      }
    });
    filter.addEventListener("keydown", (e) => e.key === "Enter" && e.preventDefault());
  }

  // The visitor's own time, where UTC is written or asked for.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of all("time")) time.title = `${local.format(new Date(time.dateTime))}, your time`;
  for (const input of all("input[data-zone=UTC]")) {
    const hint = document.createElement("p");
    hint.className = "hint";
    const show = () => {
      const time = new Date(input.value + "Z");
      hint.textContent = isNaN(time) ? "" : `${local.format(time)}, your time`;
      hint.hidden = isNaN(time);
    };
    input.after(hint);
    input.addEventListener("input", show);
    show();
  }

  // What was typed is not lost by a slip.
  let typed = false;
  for (const form of all("form.form")) {
    form.addEventListener("input", () => { typed = true; });
    form.addEventListener("submit", () => { typed = false; });
  }
  addEventListener("beforeunload", (e) => typed && e.preventDefault());

  const here = document.querySelector(".top [aria-current]");
  if (here) here.closest("nav").scrollLeft = here.offsetLeft - 40;

  document.addEventListener("click", (e) => {
    for (const menu of all(".me details[open]")) if (!menu.contains(e.target)) menu.open = false;
  });
  (document.querySelector("[aria-invalid]") ?? document.getElementById("trouble"))?.focus();
})();
