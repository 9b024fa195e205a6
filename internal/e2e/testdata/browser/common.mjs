// SPDX-License-Identifier: Apache-2.0

// What the scripts share: a browser, pages that note what goes wrong on them, and what
// has to hold on every page. The arguments are the path of the browser, the addresses
// of the public page, of the operators' listener and of the control of the world, and
// what a script wants besides.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

export const [executablePath, base, ops, control, ...more] = process.argv.slice(2);

const patience = 60e3; // of every wait; it says nothing of speed
const require = createRequire(import.meta.url);
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    "long-title": "off", // a title says how the whole is, in the operator's words
    "form-dup-name": ["error", { shared: ["radio", "button", "reset", "submit", "checkbox"] }], // a set of choices
    "no-raw-characters": ["error", { relaxed: true }], // as HTML allows
    "doctype-style": ["error", { style: "uppercase" }],
  },
});

export const browser = await chromium.launch({
  executablePath,
  args: ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// open returns a page in a context of its own, and what went wrong on it. The status
// codes in expected are no fault.
export async function open(url, { expected = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", timezoneId: "Europe/Paris", ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const errors = [];
  page.on("console", (m) => m.type() === "error" && !expected.some((code) => m.text().includes(`status of ${code}`)) && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(String(e)));
  page.on("response", (r) => r.status() >= 400 && !expected.includes(r.status()) && errors.push(`${r.status()} ${r.url()}`));
  page.served = null; // the bytes of the document that is shown
  page.on("response", async (r) => {
    if (r.request().isNavigationRequest() && r.frame() === page.mainFrame() && ![301, 302, 303, 307, 308].includes(r.status())) page.served = r.text().catch(() => null);
  });
  if (url) await page.goto(url);
  return { page, context, errors, close: () => context.close() };
}

const looked = { pages: new Set(), axe: 0, validated: 0 };

// look checks what has to hold on every page: no violation of accessibility in light
// and dark, wide and narrow, with folds open, nothing wider than the window, and good HTML.
export async function look(page, name) {
  looked.pages.add(name);
  const html = await page.served;
  assert.ok(html, `${name}: the document is not known`);
  const report = await validator.validateString(html);
  assert.deepEqual(report.results.flatMap((r) => r.messages).map((m) => `${name}:${m.line}:${m.column}: ${m.ruleId}: ${m.message} ${m.selector ?? ""}`), []);
  looked.validated++;
  await page.evaluate(axe);
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  for (const [colorScheme, width] of [["light", 1280], ["dark", 320]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const where = `${name}, ${colorScheme}, ${width} px`;
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map((v) => `${where}: ${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`), []);
    looked.axe++;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${where}: the page is ${wide} px wide`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

// ask sends something to the control of the world.
export async function ask(path, method = "POST") {
  const answer = await fetch(`${control}/${path}`, { method });
  assert.equal(answer.status, 200, `${path}: ${answer.status}`);
  return method === "GET" ? answer.json() : undefined;
}

// manage calls the manager API with its token, and returns what it answers.
export async function manage(page, method, path, data) {
  const answer = await page.request.fetch(`${base}/manager/v1/${path}`, { method, data, headers: { Authorization: "Bearer manage-me", "X-Pharos-Author": "script" } });
  const text = await answer.text();
  assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// run does each check, of those that the environment variable ONLY names part of, and
// ends the process.
export async function run(checks) {
  let failed = 0;
  try {
    for (const [name, check] of Object.entries(checks)) {
      if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
      try {
        const begin = Date.now();
        await check();
        console.log(`ok: ${name} (${Date.now() - begin} ms)`);
      } catch (e) {
        failed++;
        console.log(`FAILED: ${name}\n${e.stack}`);
      }
    }
    console.log(`${looked.pages.size} pages: html-validate found 0 errors in ${looked.validated} documents, axe-core 0 violations in ${looked.axe} looks`);
  } finally {
    await browser.close();
  }
  process.exitCode = failed > 0 ? 1 : 0;
}
