// SPDX-License-Identifier: Apache-2.0

// Checks of every page in a browser. Run by browser_test.go with the address of its
// gallery, the browser, and perhaps a folder for screenshots. Time is the browser's
// own fake clock, set to when the pages were built.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [base, executablePath, shots] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pages = (await (await fetch(`${base}/pages`)).json()).sort();
const browser = await chromium.launch({
  executablePath,
  args: ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// open returns the page, and what went wrong on it.
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, locale: "en-GB", timezoneId: "Europe/Paris", ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(String(e)));
  page.on("response", (r) => r.status() >= 400 && errors.push(`${r.status()} ${r.url()}`));
  await page.clock.install({ time: new Date("2026-11-21T09:30:20Z") });
  await page.goto(`${base}/${path}`);
  return { page, errors, close: () => context.close() };
}

// change makes the next answers for the page those of another one.
const change = (page, from, to) =>
  page.route(`${base}/${from}`, async (route) => route.fulfill({ response: await page.request.get(`${base}/${to}`) }));

const wide = (page) => page.evaluate(() => document.documentElement.scrollWidth);

const checks = {
  async "everyone can use it: every page, light and dark, wide and narrow"() {
    for (const path of pages.filter((p) => !p.startsWith("large/"))) {
      const { page, errors, close } = await open(path);
      await page.evaluate(axe);
      await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
      for (const [colorScheme, width] of [["light", 1200], ["dark", 320]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        const where = `${path}, ${colorScheme}, ${width} px`;
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map((v) => `${where}: ${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`), []);
        assert.ok((await wide(page)) <= width, `${where}: the page is ${await wide(page)} px wide`);
      }
      assert.deepEqual(errors, [], path);
      await close();
    }
  },

  async "what changed is put in place, and the visitor stays where they were"() {
    const { page, errors, close } = await open("fifty/index");
    await page.evaluate(() => (window.marker = 1));
    const folded = page.locator("#service__service-2");
    await folded.locator("h2").click();
    await page.locator("#node__service-2__node-1 summary").click();
    await page.locator("#service__service-0 > summary").click(); // folds what is in trouble: the visitor has seen it
    await page.locator("#node__service-2__node-3 summary").focus();
    const place = () => page.evaluate(() => ({ y: scrollY, focus: document.activeElement.parentElement.id, open: [...document.querySelectorAll("details[open]")].map((d) => d.id) }));
    const before = await place();
    assert.equal(before.focus, "node__service-2__node-3__more");
    await page.evaluate(() => document.querySelector("#node__service-2__node-3 h3").textContent = "Old name");
    await page.clock.runFor(400e3);
    await page.getByRole("heading", { name: "Node 3.4" }).waitFor();
    assert.deepEqual(await place(), before);
    assert.equal(await page.evaluate(() => window.marker), 1, "the page was loaded again");
    assert.deepEqual(errors, []);
    await close();
  },

  async "what goes wrong unfolds, and is told"() {
    const { page, errors, close } = await open("healthy/index");
    await page.locator("#service__web > summary").click();
    await page.waitForTimeout(50);
    await change(page, "healthy/index", "mixed/index");
    await page.clock.runFor(400e3);
    await page.locator(".sentence", { hasText: "Core servers is down" }).waitFor();
    assert.match(await page.title(), /^Core servers is down/);
    await page.getByRole("heading", { name: "Core servers do not answer" }).waitFor();
    assert.deepEqual(errors, []);
    await close();
  },

  async "times are the visitor's, with UTC to hand"() {
    const { page, close } = await open("mixed/index");
    const when = page.locator("#incident__inc1dent01 > .when");
    assert.match(await when.innerText(), /^21 November 2026 at 09:25 CET/);
    assert.match(await when.locator("time").getAttribute("title"), /08:25:15 UTC$/);
    assert.match(await page.locator(".age time").innerText(), /^\d+ seconds? ago$/);
    await page.getByLabel("Times").selectOption("UTC");
    assert.match(await when.innerText(), /^21 November 2026 at 08:25 UTC/);
    await page.reload();
    assert.match(await when.innerText(), /08:25 UTC/);
    await close();
  },

  async "the theme is the system's until the visitor chooses, and is remembered"() {
    const { page, errors, close } = await open("mixed/index", { colorScheme: "dark" });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.getByLabel("Theme").selectOption("light");
    const light = await background();
    assert.notEqual(light, dark);
    await page.reload();
    assert.deepEqual(errors, []);
    assert.equal(await background(), light);
    assert.equal(await page.getByLabel("Theme").inputValue(), "light");
    await page.getByLabel("Theme").selectOption("");
    assert.equal(await background(), dark);
    assert.deepEqual(errors, []);
    await close();
  },

  async "each day has a tooltip"() {
    const { page, close } = await open("mixed/index");
    const bars = page.locator("#node__web__core .days");
    await page.evaluate(() => document.getElementById("node__web__core").scrollIntoView());
    await page.waitForTimeout(100);
    const box = await bars.boundingBox();
    const at = async (ago) => {
      await page.mouse.move(box.x + ((89.5 - ago) / 90) * box.width, box.y + 10);
      return page.locator(".tip").innerText();
    };
    assert.equal(await at(0), "21 Nov 2026\nDead 1 hour 5 minutes");
    assert.equal(await at(1), "20 Nov 2026\nHealthy all day");
    assert.equal(await at(20), "1 Nov 2026\nDead 5 minutes, Sick 30 minutes");
    await page.keyboard.press("Escape");
    assert.ok(await page.locator(".tip").isHidden());
    await page.evaluate(() => document.getElementById("node__socket__app").scrollIntoView());
    await page.waitForTimeout(100);
    const young = await page.locator("#node__socket__app .days").boundingBox();
    await page.mouse.move(young.x + 5, young.y + 5);
    assert.match(await page.locator(".tip").innerText(), /No data$/);
    await close();
  },

  async "a lost connection is told, and mended"() {
    const { page, close } = await open("mixed/index");
    const note = page.locator("#offline");
    assert.ok(await note.isHidden());
    await page.route("**/*", (route) => route.abort());
    await page.clock.runFor(400e3);
    await note.waitFor({ state: "visible" });
    await page.unroute("**/*");
    await page.clock.runFor(300e3);
    await note.waitFor({ state: "hidden" });
    await close();
  },

  async "without events it asks; while nobody looks it does not"() {
    const { page, close } = await open("mixed/index");
    await page.route("**/events", (route) => route.fulfill({ status: 503 }));
    await page.reload();
    let asked = 0;
    page.on("request", (r) => r.url().endsWith("/index") && asked++);
    for (let i = 0; i < 6; i++) {
      await page.clock.runFor(10e3);
      await page.waitForLoadState("networkidle");
    }
    assert.ok(asked >= 2, `asked ${asked} times in a minute`);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await page.waitForTimeout(100);
    asked = 0;
    await page.clock.runFor(300e3);
    assert.equal(asked, 0);
    await close();
  },

  async "all is there without JavaScript, and in print"() {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${base}/fifty/index`);
    await page.locator(".sentence", { hasText: "Node 1.2 is slow or under load" }).waitFor();
    assert.ok(await page.locator("#controls").isHidden());
    assert.match(await page.locator(".age").innerText(), /09:30:13 UTC$/);
    const node = page.locator("#node__service-0__node-1");
    assert.ok(await node.locator("ol").isHidden());
    await node.locator("summary").click();
    assert.match(await node.locator("ol").innerText(), /Sick: slow answer/);
    assert.ok(await page.locator("#node__service-2__node-1").isHidden());
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.locator("#node__service-2__node-1").isVisible(), "paper has no folds");
    await context.close();
  },

  async "the keyboard reaches everything, and the focus is seen"() {
    const { page, close } = await open("mixed/index");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    const seen = new Set();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      seen.add(await page.evaluate(() => document.activeElement.closest("[id]")?.id));
      if ((await page.evaluate(() => document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle)) === "none") assert.fail("the focus can't be seen");
    }
    for (const id of ["incident__inc1dent01", "service__web", "node__web__core__more", "stay", "theme"]) assert.ok(seen.has(id), `${id} is not reached: ${[...seen]}`);
    await close();
  },
};

const gallery = [
  ["mixed/index", "incident"], ["healthy/index", "healthy"], ["maintenance/index", "maintenance"], ["stale/index", "unknown"], ["empty/index", "empty"],
  ["long/index", "long-names"], ["large/index", "thousand"], ["mixed/service-web", "service"], ["mixed/history", "history"], ["mixed/incident-inc1dent02", "post-mortem"],
  ["mixed/maintenance-weekly0000", "maintenance-page"], ["mixed/subscribe", "subscribe"], ["mixed/login-failed", "login"],
];

async function photograph() {
  for (const [path, name] of gallery) {
    for (const [look, colorScheme, width] of [["light", "light", 1280], ["dark", "dark", 1280], ["phone", "light", 390], ["phone-dark", "dark", 390], ["narrow", "light", 320]]) {
      const { page, close } = await open(path, { viewport: { width, height: width > 500 ? 900 : 780 }, colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: `${shots}/${name}-${look}.png`, fullPage: !path.startsWith("large/") });
      await close();
    }
  }
  const { page, close } = await open("mixed/index", { viewport: { width: 1280, height: 900 } });
  await page.locator("#node__web__core .days").hover();
  await page.screenshot({ path: `${shots}/tooltip.png` });
  await page.emulateMedia({ forcedColors: "active" });
  await page.screenshot({ path: `${shots}/forced-colors.png`, fullPage: true });
  await page.emulateMedia({ forcedColors: "none", media: "print" });
  await page.setViewportSize({ width: 794, height: 1123 });
  await page.screenshot({ path: `${shots}/print.png`, fullPage: true });
  await close();
}

let failed = 0;
try {
  for (const [name, check] of Object.entries(checks)) {
    if (process.env.PHAROS_CHECK && !name.includes(process.env.PHAROS_CHECK)) continue;
    try {
      const begin = Date.now();
      await check();
      console.log(`ok: ${name} (${Date.now() - begin} ms)`);
    } catch (e) {
      failed++;
      console.log(`FAILED: ${name}\n${e.stack}`);
    }
  }
  if (shots) await photograph();
} finally {
  await browser.close();
}
process.exitCode = failed > 0 ? 1 : 0;
