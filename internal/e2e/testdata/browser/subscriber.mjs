// SPDX-License-Identifier: Apache-2.0

// Subscribes in a browser, with a mailbox, and leaves again.
import assert from "node:assert/strict";
import { ask, base, look, manage, open, run } from "./common.mjs";

// link returns the first link of a mail that has the text in it.
const link = (mail, part) => {
  const found = mail.text.match(/https:\/\/[^\s<>")]+/g)?.find((l) => l.includes(part));
  assert.ok(found, `no link with ${part} in: ${mail.text}`);
  return found.replaceAll("&amp;", "&");
};

await run({
  async "by e-mail: form, confirmation, news, goodbye"() {
    const { page, errors, close } = await open(`${base}/subscribe`);
    await page.getByLabel("E-mail address").fill("ben@example.org");
    await page.getByRole("checkbox", { name: "Sandbox" }).check();
    await page.getByRole("button", { name: "Subscribe by e-mail" }).click();
    await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
    await look(page, "subscribe: sent");

    const asked = await ask("mail", "GET");
    assert.match(asked.text, /RCPT TO ben@example\.org/);
    assert.match(asked.text, /Subject: Confirm your subscription to Nordwind Status/);
    await page.goto(link(asked, "/subscribe/confirm"));
    await look(page, "subscribe: confirm");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("heading", { name: "You are subscribed" }).waitFor();
    await look(page, "subscribe: done");

    // What does not touch the part that was chosen is not told.
    await manage(page, "POST", "incidents", { title: "Faxes wait", components: ["messaging/fax-gateway"], text: "They are sent later.", resolved: undefined });
    const incident = await manage(page, "POST", "incidents", { title: "The sandbox is empty", impact: "major", components: ["api/sandbox"], text: "We are **filling** it again." });
    const news = await ask("mail", "GET");
    assert.match(news.text, /Subject: .*The sandbox is empty/);
    assert.match(news.text, /We are filling it again/);
    assert.match(news.raw, /^List-Unsubscribe: *\r?\n? *<https:/im);
    assert.match(news.raw, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/im);
    await page.goto(link(news, `/incidents/${incident.id}`));
    await page.getByRole("heading", { name: "The sandbox is empty", level: 1 }).waitFor();

    await page.goto(link(news, "/subscribe/manage"));
    await look(page, "subscribe: manage");
    await page.getByLabel("Major and critical incidents only").check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    await page.getByRole("button", { name: "Unsubscribe" }).click();
    await page.getByRole("heading", { name: "You are unsubscribed" }).waitFor();
    await look(page, "subscribe: unsubscribed");
    assert.deepEqual(await manage(page, "GET", "subscribers?address=ben@example.org"), { subscribers: [] }, "nothing of it is kept");
    assert.deepEqual(errors, []);
    await close();
  },
});
