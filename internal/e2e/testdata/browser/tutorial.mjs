// SPDX-License-Identifier: Apache-2.0

// Takes a picture of a page with the services unfolded, down to its footer, for docs/tutorial.md. The arguments
// are the path of the browser, the address of the page, a path, and the file.
import { base, browser, open, ops as path, control as file } from "./common.mjs";

try {
  const { page } = await open(base + path, { viewport: { width: 1000, height: 500 }, timezoneId: "UTC", reducedMotion: "reduce", colorScheme: "light" });
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = d.id.startsWith("service__"))));
  const height = await page.evaluate(() => document.querySelector("body > footer, footer").getBoundingClientRect().top);
  await page.screenshot({ path: file, clip: { x: 0, y: 0, width: 1000, height: Math.min(height, 900) }, fullPage: true });
} finally {
  await browser.close();
}
