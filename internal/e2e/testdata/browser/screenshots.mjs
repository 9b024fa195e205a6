// SPDX-License-Identifier: Apache-2.0

// Takes the pictures of docs/screenshots: of a gallery of pages of a fixed moment, and
// of the operators' pages of the real program.
import { mkdir } from "node:fs/promises";
import { browser, manage, more, open, ops } from "./common.mjs";

const [gallery, folder, now] = more;
await mkdir(folder, { recursive: true });

const wide = { width: 1280, height: 1400 };
const phone = { width: 390, height: 1400 };

async function take(name, path, { viewport = wide, colorScheme = "light", height, act } = {}) {
  const { page, close } = await open(undefined, { viewport, colorScheme, timezoneId: "UTC", reducedMotion: "reduce" });
  await page.clock.setFixedTime(new Date(now));
  await page.goto(`${gallery}/${path}`);
  if (act) await act(page);
  const full = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.screenshot({ path: `${folder}/${name}.png`, clip: { x: 0, y: 0, width: viewport.width, height: Math.min(full, height ?? 1600) }, fullPage: true });
  await close();
}

const unfold = (id) => async (page) => {
  await page.locator(`#service__${id} > summary`).click();
  await page.mouse.move(0, 0);
};

async function admin() {
  const { page, close } = await open(undefined, { viewport: { width: 1280, height: 1000 } });
  await manage(page, "POST", "incidents", {
    title: "Virginia does not answer", impact: "major", components: ["infrastructure/virginia"], phase: "identified",
    text: "Our provider has lost power in one of its buildings. We are moving traffic to **Dublin**.",
  });
  await page.goto(`${ops}/admin/`);
  await page.getByLabel("Name").fill("anna");
  await page.getByLabel("Password").fill("a long password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.screenshot({ path: `${folder}/admin.png` });
  await page.locator("main").getByRole("link", { name: "Virginia does not answer" }).first().click();
  await page.getByLabel("What people should know").fill("All traffic goes to **Dublin** by now:\n\n- the website and the API work\n- content delivery is still slow");
  await page.locator("#text-preview li").first().waitFor();
  await page.screenshot({ path: `${folder}/admin-incident.png`, fullPage: true });
  await page.goto(`${ops}/admin/maintenance/new`);
  await page.getByLabel("Title").fill("Weekly restart of the mail servers");
  await page.getByLabel("Start").fill("2038-03-21T22:00");
  await page.getByLabel("Repeats").selectOption("FREQ=WEEKLY");
  await page.locator(".dates li").nth(2).waitFor();
  await page.screenshot({ path: `${folder}/admin-maintenance.png`, clip: { x: 0, y: 0, width: 1280, height: 1600 }, fullPage: true });
  await close();
}

try {
  await take("light", "healthy", { act: unfold("payments") });
  await take("dark", "incident", { colorScheme: "dark" });
  await take("phone", "incident", { viewport: phone });
  await take("incident", "incident");
  await take("incident-page", "incident-page", { height: 1000 });
  await take("maintenance", "maintenance");
  await take("unknown", "unknown", { height: 1200 });
  await take("long-names", "long-names", { height: 1380 });
  await take("rtl", "rtl");
  await take("thousand", "thousand");
  await take("empty", "empty", { height: 900 });
  await take("service", "service");
  await take("history", "history");
  await take("subscribe", "subscribe", { height: 1200 });
  await admin();
} finally {
  await browser.close();
}
