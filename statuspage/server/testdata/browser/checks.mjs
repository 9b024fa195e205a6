// SPDX-License-Identifier: Apache-2.0

// Checks of the page in a browser. Run by browser_test.go, with the address of a
// server of which POST /control/… changes the state. Time is the browser's own
// fake clock, so nothing waits for the page to ask again.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const base = process.argv[2];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.argv[3],
  args: ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const control = async (what) => {
  const answer = await fetch(`${base}/control/${what}`, { method: "POST" });
  assert.equal(answer.status, 200);
};

// open returns the page, and what went wrong on it.
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 600 }, locale: "en-US", timezoneId: "Europe/Paris", ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(String(e)));
  page.on("response", (r) => r.status() >= 400 && errors.push(`${r.status()} ${r.url()}`));
  await page.clock.install();
  await page.goto(base);
  return { page, errors, close: () => context.close() };
}

const sentence = (page, text) => page.locator(".sentence", { hasText: text }).waitFor();

const later = (page, ms = 6000) => page.clock.runFor(ms);

const checks = {
  async "what changed is put in place, and the visitor stays where they were"() {
    await control("healthy");
    const { page, errors, close } = await open();
    await sentence(page, "All systems are healthy");
    await page.evaluate(() => (window.marker = 1));
    await page.locator("[id='node/web/n20'] summary").click();
    await page.locator("[id='node/web/n15'] summary").focus();
    await page.evaluate(() => scrollTo(0, 700));
    const before = await page.evaluate(() => ({ y: scrollY, focus: document.activeElement.parentElement.id }));
    assert.deepEqual(before, { y: 700, focus: "node/web/n15/replicas" });

    await control("dead");
    await later(page);
    await sentence(page, "All systems are down");
    assert.match(await page.title(), /^All systems are down/);
    assert.match(await page.locator("[id='node/web/n20']").innerText(), /connection failed/);
    const after = await page.evaluate(() => ({ y: scrollY, focus: document.activeElement.parentElement.id }));
    assert.deepEqual(after, before);
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("details[open]")].map((d) => d.id)), ["node/web/n20/replicas"]);
    assert.equal(await page.evaluate(() => window.marker), 1, "the page was loaded again");
    assert.deepEqual(errors, []);
    await close();
  },

  async "nodes and announcements that come and go leave focus and details alone"() {
    await control("healthy");
    const { page, errors, close } = await open();
    const summary = page.locator("[id='node/web/n15'] summary");
    await summary.click();
    await control("announce");
    await control("fewer"); // every second node is gone
    await later(page);
    await page.getByRole("heading", { name: "Maintenance tonight" }).waitFor();
    assert.equal(await page.locator("[id='node/web/n14']").count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.parentElement.id), "node/web/n15/replicas");
    await control("retract");
    await control("healthy");
    await later(page);
    await page.locator("[id='node/web/n14']").waitFor();
    assert.equal(await page.getByRole("heading", { name: "Announcements" }).count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.parentElement.id), "node/web/n15/replicas");
    assert.ok(await page.evaluate(() => document.activeElement.parentElement.open));
    const order = await page.evaluate(() => [...document.querySelectorAll(".nodes > li")].map((e) => e.id));
    assert.deepEqual(order, Array.from({ length: 25 }, (_, i) => `node/web/n${i + 1}`));
    assert.deepEqual(errors, []);
    await close();
  },

  async "the age of the data goes on, in the visitor's words"() {
    await control("healthy");
    const { page, close } = await open();
    const age = page.locator(".age time");
    await later(page, 2000);
    assert.match(await age.innerText(), /^\d+ seconds? ago$/);
    await page.route("**/*", (route) => route.abort());
    await later(page, 3 * 60e3);
    assert.match(await age.innerText(), /^[23] minutes ago$/);
    assert.match(await age.getAttribute("title"), /^[A-Z][a-z]{2} \d+, \d{4}, \d+:\d\d:\d\d.[AP]M$/);
    await close();
  },

  async "a lost connection is told, and mended"() {
    await control("healthy");
    const { page, close } = await open();
    const note = page.locator("#offline");
    assert.ok(await note.isHidden());
    await page.route("**/*", (route) => route.abort());
    await later(page);
    await note.waitFor({ state: "visible" });
    await page.unroute("**/*");
    await later(page, 15e3);
    await note.waitFor({ state: "hidden" });
    await close();
  },

  async "nobody asks while nobody looks"() {
    await control("healthy");
    const { page, close } = await open();
    await later(page); // one question, so that the next visit is a comparison
    let asked = 0;
    page.on("request", () => asked++);
    const show = (hidden) =>
      page.evaluate((is) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => is });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await page.waitForLoadState("networkidle");
    await show(true);
    asked = 0;
    await later(page, 60e3);
    assert.equal(asked, 0);
    await control("dead");
    await show(false);
    await later(page, 10);
    await sentence(page, "All systems are down");
    await close();
  },

  async "all is there without JavaScript"() {
    await control("dead");
    await control("announce");
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(base);
    await sentence(page, "All systems are down");
    const node = page.locator("[id='node/web/n3']");
    assert.ok(await node.locator("ol").isHidden());
    await node.locator("summary").click();
    assert.ok(await node.locator("ol").isVisible());
    assert.match(await node.innerText(), /Dead: connection failed/);
    assert.match(await page.locator(".age").innerText(), /\d\d:\d\d:\d\d UTC$/);
    await control("retract");
    await context.close();
  },

  async "everyone can use it: light, dark, wide and narrow"() {
    await control("announce");
    const { page, errors, close } = await open();
    await page.evaluate(axe);
    for (const state of ["healthy", "sick", "dead", "unknown", "stale", "empty"]) {
      await control(state);
      await later(page);
      await page.locator(`.banner.${state === "stale" || state === "empty" ? "unknown" : state}`).waitFor();
      await page.evaluate(() => document.querySelectorAll("details").forEach((d, i) => (d.open = i < 3)));
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        for (const width of [1200, 320]) {
          await page.setViewportSize({ width, height: 800 });
          const where = `${state}, ${colorScheme}, ${width} px`;
          const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
          assert.deepEqual(violations.map((v) => `${where}: ${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`), []);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${where}: the page is ${wide} px wide`);
        }
      }
    }
    assert.deepEqual(errors, []);
    const answer = await page.goto(`${base}/nothing/here`);
    assert.equal(answer.status(), 404);
    await page.evaluate(axe);
    assert.deepEqual((await page.evaluate(() => window.axe.run())).violations, []);
    await control("retract");
    await close();
  },
};

let failed = 0;
try {
  for (const [name, check] of Object.entries(checks)) {
    try {
      const begin = Date.now();
      await check();
      console.log(`ok: ${name} (${Date.now() - begin} ms)`);
    } catch (e) {
      failed++;
      console.log(`FAILED: ${name}\n${e.stack}`);
    }
  }
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
