// SPDX-License-Identifier: Apache-2.0

// Does in a browser what operators do, with a visitor beside who sees what comes of it.
import assert from "node:assert/strict";
import { base, look, open, ops, run } from "./common.mjs";

const heading = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();
const note = (page, text) => page.locator(".note.good", { hasText: text }).waitFor();
const text = (page) => page.getByLabel("What people should know");

async function logIn(options = {}) {
  const opened = await open(`${ops}/admin/`, { expected: [401, 403], ...options });
  await opened.page.getByLabel("Name").fill("anna");
  await opened.page.getByLabel("Password").fill("a long password");
  await opened.page.getByRole("button", { name: "Log in" }).click();
  await heading(opened.page, "Overview");
  return opened;
}

const day = (ago, time) => new Date(Date.now() - ago * 86400e3).toISOString().slice(0, 10) + "T" + time;

const checks = {
  async "who does not know the password stays outside"() {
    const { page, close } = await open(`${ops}/admin/incidents`, { expected: [401, 403] });
    await heading(page, "Log in");
    await look(page, "admin login");
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Password").fill("a wrong password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
    await look(page, "admin login that failed");
    await close();
  },

  async "an incident, from its first words to the last"() {
    const visitor = await open(base);
    const { page, errors, close } = await logIn();
    await look(page, "admin overview");
    await page.getByRole("link", { name: "Open an incident for Virginia" }).click();
    await heading(page, "Open an incident");
    assert.ok(await page.getByLabel("Virginia").isChecked());
    await text(page).fill("We are **looking** into it.\n\n<script>window.owned = 1</script>");
    await page.locator("#text-preview strong", { hasText: "looking" }).waitFor();
    assert.equal(await page.locator("#text-preview script").count(), 0);
    await text(page).fill("We are **looking** into it.");
    await page.getByText("Major", { exact: true }).click();
    await page.getByLabel("Title").fill("Power is out in Virginia");
    await look(page, "admin open an incident");
    await page.getByRole("button", { name: "Open the incident" }).click();
    await note(page, "The incident is open");
    await visitor.page.getByRole("heading", { name: "Power is out in Virginia" }).waitFor();

    await page.getByText("Identified", { exact: true }).first().click();
    await text(page).fill("A transformer has burnt. We are moving to Dublin.");
    await page.getByRole("button", { name: "Post the update" }).click();
    await note(page, "The update is on the page");
    await visitor.page.getByText("We are moving to Dublin").waitFor();
    await look(page, "admin incident");

    await page.getByText("Resolved", { exact: true }).first().click();
    await text(page).fill("All of it runs in Dublin.");
    await page.getByRole("button", { name: "Post the update" }).click();
    await note(page, "The update is on the page");
    await visitor.page.locator("#past").getByText("All of it runs in Dublin.").waitFor();
    assert.equal(await visitor.page.locator("#current").getByText("Power is out in Virginia").count(), 0);
    assert.deepEqual([...errors, ...visitor.errors], []);
    await close();
    await visitor.close();
  },

  async "maintenance that recurs, with its dates while one types"() {
    const visitor = await open(base);
    const { page, errors, close } = await logIn();
    await page.getByRole("link", { name: "Plan maintenance" }).click();
    await heading(page, "Plan maintenance");
    assert.equal(await page.getByLabel("Time zone").inputValue(), "Europe/Paris");
    await page.getByLabel("Title").fill("Restart of the streaming servers");
    await page.getByLabel("Start").fill(day(-3, "22:00"));
    await page.getByLabel("Repeats").selectOption("FREQ=WEEKLY");
    await page.locator(".dates li").nth(2).waitFor();
    await text(page).fill("Streams break for some seconds.");
    await page.getByLabel("Streaming").check();
    await look(page, "admin plan maintenance");
    await page.getByRole("button", { name: "Plan the maintenance" }).click();
    await note(page, "The maintenance is planned");
    await look(page, "admin maintenance");
    await visitor.page.locator("#upcoming").getByRole("link", { name: "Restart of the streaming servers" }).first().waitFor();
    assert.deepEqual([...errors, ...visitor.errors], []);
    await close();
    await visitor.close();
  },

  async "announcements, corrections, the journal, and out again"() {
    const visitor = await open(base);
    const { page, errors, close } = await logIn();
    await page.getByRole("link", { name: "Announcements" }).click();
    await page.getByLabel("Title").fill("We move to new machines");
    await text(page).fill("In *December*. Nothing changes for you.");
    await page.getByRole("button", { name: "Announce it" }).click();
    await note(page, "The announcement is on the page");
    await visitor.page.getByRole("heading", { name: "We move to new machines" }).waitFor();
    await look(page, "admin announcements");

    await page.getByRole("link", { name: "Corrections" }).click();
    await page.getByLabel("Virginia").check();
    await page.getByLabel("From").fill(day(17, "10:00"));
    await page.getByLabel("To", { exact: false }).last().fill(day(17, "11:30"));
    await page.getByLabel("Reason").fill("The monitoring had lost its own network.");
    await page.getByRole("button", { name: "Correct it" }).click();
    await note(page, "The correction holds");
    await look(page, "admin corrections");

    for (const path of ["", "incidents", "maintenance", "templates", "subscribers"]) {
      await page.goto(`${ops}/admin/${path}`);
      await look(page, `admin ${path || "overview"} with content`);
    }
    await page.goto(`${ops}/admin/journal`);
    assert.match(await page.locator("main").innerText(), /anna/);
    await look(page, "admin journal");

    await page.reload();
    await page.locator(".me summary").click();
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await heading(page, "Log in");
    await page.goto(`${ops}/admin/journal`);
    await heading(page, "Log in");
    assert.deepEqual([...errors, ...visitor.errors], []);
    await close();
    await visitor.close();
  },
};

await run(checks);
