// SPDX-License-Identifier: Apache-2.0

// Does in a browser what visitors do.
import assert from "node:assert/strict";
import { ask, base, look, manage, open, run } from "./common.mjs";

const past = (hours) => new Date(Date.now() - hours * 3600e3).toISOString();
const webhooks = "[id='node__api__webhooks']";

// prepare tells the page of what visitors then find.
async function prepare() {
  const { page, close } = await open();
  const over = await manage(page, "POST", "incidents", {
    title: "Sign-in was slow", impact: "minor", components: ["website-and-apps/sign-in"], started: past(50), resolved: past(49),
    phase: "resolved", text: "A cache was **too small**. It is larger now.",
  });
  const incident = await manage(page, "POST", "incidents", {
    title: "Virginia does not answer", impact: "major", components: ["infrastructure/virginia"], started: past(1), phase: "identified",
    text: "Our provider has lost power in one building. See [their page](https://www.example.com/).", notify: false,
  });
  const maintenance = await manage(page, "POST", "maintenance", {
    title: "New disks for the primary database", text: "Writes are refused for some minutes.", components: ["infrastructure/primary-database"],
    start: past(0.5), end: past(-2),
  });
  const weekly = await manage(page, "POST", "maintenance", {
    title: "Weekly restart of the mail servers", text: "Mail waits for some minutes.", components: ["messaging/mail-delivery"],
    start: past(-24), end: past(-25), rrule: "FREQ=WEEKLY", time_zone: "Europe/Berlin",
  });
  await manage(page, "POST", "announcements", { title: "A new region in Singapore", text: "It opens on **Monday**." });
  await manage(page, "POST", "corrections", {
    components: ["payments/ledger"], from: past(72), to: past(71), status: "healthy", reason: "Our own probe had lost its network.",
  });
  await close();
  return { over, incident, maintenance, weekly };
}

const told = await prepare();

const checks = {
  async "every page is there, for everyone"() {
    const { page, errors, close } = await open(base, { expected: [404] });
    await page.getByRole("heading", { name: "Virginia does not answer" }).waitFor();
    for (const [name, path, heading] of [
      ["index", "/", "Nordwind Status"],
      ["history", "/history", /^History/],
      ["incident", `/incidents/${told.incident.id}`, "Virginia does not answer"],
      ["past incident", `/incidents/${told.over.id}`, "Sign-in was slow"],
      ["maintenance", `/maintenance/${told.maintenance.id}`, "New disks for the primary database"],
      ["recurring maintenance", `/maintenance/${told.weekly.id}`, "Weekly restart of the mail servers"],
      ...["website-and-apps", "api", "payments", "messaging", "infrastructure"].map((id) => [id, `/services/${id}`, /./]),
      ["subscribe", "/subscribe", "Stay informed"],
      ["not there", "/incidents/nothing00000", /./],
    ]) {
      await page.goto(base + path);
      await page.getByRole("heading", { name: heading, level: 1 }).first().waitFor();
      await look(page, name);
    }
    assert.deepEqual(errors, []);
    await close();
  },

  async "it says what is wrong, for how long, and how old that is"() {
    const { page, errors, close } = await open(base);
    await page.locator(".sentence", { hasText: "Virginia is down" }).waitFor();
    assert.match(await page.title(), /^Virginia is down/);
    assert.match(await page.locator(".age time").innerText(), /^\d+ seconds? ago$/);
    assert.match(await page.locator("[id='node__infrastructure__primary-database']").innerText(), /In maintenance/);
    assert.match(await page.locator("[id='node__messaging__fax-gateway']").textContent(), /Unknown/);
    assert.match(await page.locator("[id='node__payments__checkout-errors']").textContent(), /0\.31\s?%/);
    await page.getByRole("link", { name: "Virginia does not answer" }).click();
    await page.getByText("Our provider has lost power").waitFor();
    assert.equal(await page.getByRole("link", { name: "their page" }).getAttribute("href"), "https://www.example.com/");
    assert.deepEqual(errors, []);
    await close();
  },

  async "all of it without JavaScript"() {
    const { page, errors, close } = await open(base, { javaScriptEnabled: false });
    await page.locator(".sentence", { hasText: "Virginia is down" }).waitFor();
    assert.match(await page.locator(".age").innerText(), /UTC$/);
    assert.ok(await page.locator(webhooks).isHidden(), "what is well is folded");
    assert.ok(await page.locator("[id='node__infrastructure__virginia']").isVisible(), "what is not is open");
    await page.locator("#service__api > summary").click();
    await page.locator(webhooks).waitFor();
    await page.getByRole("contentinfo").getByRole("link", { name: "History" }).click();
    await page.getByRole("heading", { name: /^History/, level: 1 }).waitFor();
    await page.getByRole("link", { name: /^←/ }).click();
    await page.getByRole("heading", { name: /^History/, level: 1 }).waitFor();
    await page.goto(base);
    await page.getByRole("link", { name: "Deutsch" }).click();
    assert.equal(await page.locator("html").getAttribute("lang"), "de");
    await page.goto(`${base}/services/infrastructure`);
    assert.ok((await page.locator("figure svg").count()) >= 4, "charts are pictures of the server's");
    assert.deepEqual(errors, []);
    await close();
  },

  async "by keyboard alone"() {
    const { page, errors, close } = await open(base);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.parentElement.id === "service__api")) break;
    }
    assert.equal(await page.evaluate(() => document.activeElement.parentElement.id), "service__api");
    await page.keyboard.press("Enter");
    await page.locator(webhooks).waitFor();
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
    assert.deepEqual(errors, []);
    await close();
  },

  async "in the visitor's language, or the one that they choose"() {
    for (const [locale, lang, word] of [["fr-CH", "fr", "Historique"], ["ja-JP", "ja", "履歴"], ["sv-SE", "en", "History"]]) {
      const { page, close } = await open(base, { locale });
      assert.equal(await page.locator("html").getAttribute("lang"), lang);
      await page.getByRole("contentinfo").getByRole("link", { name: word }).waitFor();
      await close();
    }
    const { page, errors, close } = await open(base);
    for (const lang of ["de", "es", "pt", "nl", "zh", "en"]) {
      await page.locator(`.languages [hreflang=${lang}]`).click();
      await page.locator(`html[lang=${lang}]`).waitFor();
      if (lang === "zh") await look(page, "index in Chinese");
    }
    assert.deepEqual(errors, []);
    await close();
  },

  async "a theme that is chosen is remembered, and so is the zone of times"() {
    const { page, errors, close } = await open(base, { colorScheme: "dark" });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.getByLabel("Theme").selectOption("light");
    const light = await background();
    assert.notEqual(light, dark);
    const when = page.locator(`#incident__${told.incident.id} > .when`);
    assert.match(await when.innerText(), /CES?T/);
    await page.getByLabel("Times").selectOption("UTC");
    assert.match(await when.innerText(), /UTC/);
    await page.reload();
    assert.equal(await background(), light);
    assert.match(await when.innerText(), /UTC/);
    assert.deepEqual(errors, []);
    await close();
  },

  async "what changes is put in place, and the visitor stays where they were"() {
    const { page, errors, close } = await open(base, { viewport: { width: 1000, height: 600 } });
    await page.evaluate(() => (window.marker = 1));
    await page.locator("#service__messaging > summary").click();
    await page.locator("#service__payments > summary").focus();
    const place = () => page.evaluate(() => ({
      focus: document.activeElement.parentElement.id, messaging: document.getElementById("service__messaging").open,
      top: Math.round(document.activeElement.getBoundingClientRect().top),
    }));
    const before = await place();
    await ask("turn/api/webhooks/dead");
    await page.locator(`${webhooks}`, { hasText: "Dead" }).waitFor();
    const after = await place();
    assert.equal(after.focus, before.focus);
    assert.equal(after.messaging, before.messaging);
    assert.ok(await page.locator(webhooks).isVisible(), "what goes wrong unfolds");
    await ask("turn/api/webhooks/healthy");
    await page.locator(`${webhooks}`, { hasText: "Healthy" }).waitFor();
    assert.equal(await page.evaluate(() => window.marker), 1, "the page was loaded again");
    assert.deepEqual(errors, []);
    await close();
  },

  async "on paper there are no folds"() {
    const { page, close } = await open(base);
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.locator(webhooks).isVisible());
    assert.ok(await page.locator("#controls").isHidden());
    const pdf = await page.pdf({ format: "A4" });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
    await close();
  },

  async "a private page wants its password"() {
    const inside = base.replace("127.0.0.1", "localhost");
    const { page, errors, close } = await open(`${inside}/history`, { expected: [401, 403] });
    await page.getByRole("heading", { name: "This page is private" }).waitFor();
    await look(page, "login");
    await page.getByLabel("Password").fill("sesame");
    await page.getByRole("button", { name: "Open the page" }).click();
    await page.getByRole("alert").filter({ hasText: "This is not the password" }).waitFor();
    await look(page, "login that failed");
    await page.getByLabel("Password").fill("open sesame");
    await page.getByRole("button", { name: "Open the page" }).click();
    await page.getByRole("heading", { name: /^History/, level: 1 }).waitFor();
    await page.goto(inside);
    await page.getByRole("heading", { name: "Nordwind inside", level: 1 }).waitFor();
    assert.deepEqual(errors, []);
    await close();
  },

  async "when the server dies the page says so, and recovers by itself"() {
    const { page, close } = await open(base);
    const note = page.locator("#offline");
    await page.locator(".age time").waitFor();
    assert.ok(await note.isHidden());
    await page.waitForTimeout(2000);
    await page.evaluate(() => (window.marker = 1));
    await ask("kill");
    await note.waitFor({ state: "visible", timeout: 120e3 });
    assert.match(await page.locator("[id='node__infrastructure__virginia']").textContent(), /Dead/, "what was known stays");
    await ask("start");
    await note.waitFor({ state: "hidden", timeout: 180e3 });
    assert.equal(await page.evaluate(() => window.marker), 1, "the page was loaded again");
    await page.getByRole("heading", { name: "Virginia does not answer" }).waitFor();
    await close();
  },
};

await run(checks);
