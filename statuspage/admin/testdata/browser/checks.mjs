// SPDX-License-Identifier: Apache-2.0

// Does in a browser what operators do. Run by browser_test.go, with the address of a
// server and the path of a browser. The packages are those of the status page's tests.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../view/testdata/browser/", import.meta.url));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , base, executablePath, folder] = process.argv;
const shots = folder && `${folder}/admin`;
if (shots) await mkdir(shots, { recursive: true });

const browser = await chromium.launch({
  executablePath,
  args: ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US", timezoneId: "Europe/Paris", ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (m) => m.type() === "error" && !/status of (4|5)\d\d/.test(m.text()) && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(String(e)));
  return { page, errors, close: () => context.close() };
}

async function logIn(page) {
  await page.goto(`${base}/admin/`);
  await page.getByLabel("Name").fill("anna");
  await page.getByLabel("Password").fill("a long password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

// look checks what is shown for everyone, in light and dark, wide and narrow.
async function look(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      const where = `${name}, ${colorScheme}, ${width} px`;
      if (width !== 320) {
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map((v) => `${where}: ${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`), []);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${where}: the page is ${wide} px wide`);
      if (shots && width !== 320) await page.screenshot({ path: `${shots}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

const heading = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();
const note = (page, text) => page.locator(".note.good", { hasText: text }).waitFor();

const checks = {
  async "an incident, from the overview to its end"() {
    const { page, errors, close } = await open();
    await page.goto(`${base}/admin/`);
    await look(page, "login");
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Password").fill("nobody knows");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
    await look(page, "login-wrong");
    await logIn(page);
    await page.getByRole("link", { name: "Open an incident for Load balancer" }).click();
    await heading(page, "Open an incident");
    assert.ok(await page.getByLabel("Load balancer").isChecked());

    // What one writes is shown as visitors will see it.
    await page.getByLabel("What people should know").fill("We are **looking** into it.\n\n- one\n- two\n\nSee <https://example.com/>.");
    await page.locator("#text-preview strong", { hasText: "looking" }).waitFor();
    assert.equal(await page.locator("#text-preview li").count(), 2);
    assert.ok(await page.getByRole("button", { name: "Preview" }).isHidden());
    await page.getByLabel("What people should know").fill("<img src=x onerror=\"window.owned=1\"><script>window.owned=1</script>[x](javascript:alert(1))");
    await page.locator("#text-preview", { hasText: "onerror" }).waitFor();
    assert.equal(await page.locator("#text-preview img, #text-preview script, #text-preview [href^=javascript]").count(), 0);

    await page.getByLabel("What people should know").fill("We are **looking** into it: requests to `api.example.com` are answered slowly, or not at all.\n\n- The website works.\n- Mail works.");
    await page.getByText("Major", { exact: true }).click();
    await page.locator("#text-preview strong").waitFor();
    await page.evaluate(() => document.querySelector("form.form").noValidate = true);
    await page.getByRole("button", { name: "Open the incident" }).click();
    await page.getByText("Title is empty").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "title");
    await look(page, "incident-faults");
    await page.getByLabel("Title").fill("Requests to the API are slow, or fail");
    await page.getByRole("button", { name: "Open the incident" }).click();
    await note(page, "The incident is open");

    await page.getByText("Identified", { exact: true }).first().click();
    await page.getByLabel("What people should know").fill("A load balancer has lost its disk. We are moving to another one.");
    await page.getByRole("button", { name: "Post the update" }).click();
    await note(page, "The update is on the page");
    await look(page, "incident");

    await page.getByRole("link", { name: /^Edit the update/ }).first().click();
    await heading(page, "Edit the update");
    await look(page, "update-edit");
    await page.getByRole("button", { name: "Change the update" }).click();
    await note(page, "The change is made");
    await page.getByRole("link", { name: "Change", exact: true }).click();
    await heading(page, "Change the incident");
    await look(page, "incident-edit");
    await page.getByLabel("Web nodes").check();
    await page.getByRole("button", { name: "Change it" }).click();
    await note(page, "The change is made");
    assert.deepEqual(errors, []);
    await close();
  },

  async "maintenance, with its dates while one types"() {
    const { page, errors, close } = await open();
    await logIn(page);
    await page.getByRole("link", { name: "Plan maintenance" }).click();
    await heading(page, "Plan maintenance");
    assert.equal(await page.getByLabel("Time zone").inputValue(), "Europe/Paris");
    assert.ok(await page.getByLabel("Rule", { exact: false }).last().isHidden());
    await page.getByLabel("Title").fill("New disks in the database");
    await page.getByLabel("Start").fill("2038-03-22T22:00");
    assert.equal(await page.getByLabel("End").inputValue(), "2038-03-22T23:00");
    await page.getByLabel("Repeats").selectOption("FREQ=WEEKLY");
    await page.locator(".dates li", { hasText: "Mon 29 Mar 2038, 22:00–23:00 CEST" }).waitFor();
    await page.getByLabel("Repeats").selectOption("custom");
    await page.getByLabel(/^Rule/).fill("FREQ=SECONDLY");
    await page.locator(".dates .fault").waitFor();
    await page.getByLabel(/^Rule/).fill("FREQ=MONTHLY;BYDAY=4MO");
    await page.locator(".dates li", { hasText: "Mon 26 Apr 2038" }).waitFor();
    await page.getByLabel("What people should know").fill("Short breaks of a few seconds.");
    await page.getByLabel("Web nodes").check();
    await look(page, "plan");
    await page.getByRole("button", { name: "Plan the maintenance" }).click();
    await note(page, "The maintenance is planned");
    await look(page, "maintenance");
    const before = await page.locator(".date-list li").first().innerText();
    await page.getByRole("button", { name: /^Call off:/ }).first().click();
    await note(page, "That date is called off");
    assert.notEqual(await page.locator(".date-list li").first().innerText(), before);
    assert.deepEqual(errors, []);
    await close();
  },

  async "drafts, announcements, corrections, templates, the journal"() {
    const { page, errors, close } = await open();
    await logIn(page);
    await page.goto(`${base}/admin/templates/new`);
    await page.getByLabel("Name").fill("Provider trouble");
    await page.getByLabel("Title of the incident").fill("Trouble at our provider");
    await page.getByLabel("Text").first().fill("Our provider has trouble. We follow it.");
    await look(page, "template-edit");
    await page.getByRole("button", { name: "Keep the template" }).click();
    await note(page, "The template is kept");
    await look(page, "templates");

    await page.goto(`${base}/admin/incidents/new`);
    await page.getByRole("button", { name: "Use it" }).click();
    await page.waitForURL(/template=/);
    assert.equal(await page.getByLabel("Title").inputValue(), "Trouble at our provider");
    await page.getByRole("button", { name: "Keep as a draft" }).click();
    await note(page, "The draft is kept");
    await look(page, "draft");

    await page.getByRole("link", { name: "Announcements" }).click();
    await page.getByLabel("Title").fill("We move to new machines");
    await page.getByLabel("What people should know").fill("In *December*. Nothing changes for you.");
    await page.getByRole("button", { name: "Announce it" }).click();
    await note(page, "The announcement is on the page");
    await look(page, "announcements");

    await page.getByRole("link", { name: "Corrections" }).click();
    await page.getByLabel("Inbound").check();
    await page.getByLabel("From").fill("2037-11-02T10:00");
    await page.getByText("your time").first().waitFor();
    await page.getByLabel("To", { exact: false }).last().fill("2037-11-02T11:30");
    await page.getByLabel("Reason").fill("The monitoring had lost its own network.");
    await page.getByRole("button", { name: "Correct it" }).click();
    await note(page, "The correction holds");
    await look(page, "corrections");

    for (const [name, path] of [["overview", ""], ["incidents", "incidents"], ["maintenances", "maintenance"], ["subscribers", "subscribers"]]) {
      await page.goto(`${base}/admin/${path}`);
      await look(page, name);
    }
    await page.goto(`${base}/admin/journal`);
    await page.getByText("What changed").first().click();
    await look(page, "journal");
    await page.goto(`${base}/admin/nothing`);
    await look(page, "problem");
    assert.deepEqual(errors, []);
    await close();
  },

  async "by keyboard alone, and out again"() {
    const { page, errors, close } = await open();
    await logIn(page);
    await page.goto(`${base}/admin/announcements`);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "title");
    await page.keyboard.type("By keyboard");
    await page.keyboard.press("Tab");
    await page.keyboard.type("All of it.");
    await page.locator("#text-preview p", { hasText: "All of it." }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await note(page, "The announcement is on the page");
    await page.locator(".me summary").focus();
    await page.keyboard.press("Enter");
    if (shots) await page.screenshot({ path: `${shots}/menu.png` });
    await page.getByRole("button", { name: "Log out", exact: true }).focus();
    await page.keyboard.press("Enter");
    await heading(page, "Log in");
    await page.goBack();
    await page.reload();
    await heading(page, "Log in");
    assert.deepEqual(errors, []);
    await close();
  },

  async "all of it without JavaScript"() {
    const { page, errors, close } = await open({ javaScriptEnabled: false });
    await logIn(page);
    await page.goto(`${base}/admin/maintenance/new`);
    await page.getByLabel("Title").fill("Without a script");
    await page.getByLabel("Start").fill("2037-12-01T22:00");
    await page.getByLabel("End").fill("2037-12-01T23:00");
    await page.getByLabel("Repeats").selectOption("custom");
    await page.getByLabel(/^Rule/).fill("FREQ=DAILY;COUNT=3");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.locator(".dates li", { hasText: "Thu 3 Dec 2037" }).waitFor();
    await page.getByRole("button", { name: "Plan the maintenance" }).click();
    await note(page, "The maintenance is planned");
    await page.getByText("Delete the maintenance").first().click();
    await page.getByRole("button", { name: "Delete the maintenance" }).click();
    await note(page, "It is deleted");
    assert.deepEqual(errors, []);
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
