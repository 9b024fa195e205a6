// SPDX-License-Identifier: Apache-2.0

// Loads the page with 50 components in a fresh browser, and weighs what comes over the
// wire before it is painted and before it is loaded: headers and bodies as they were
// sent, compressed. Prints a line of JSON for each encoding.
import assert from "node:assert/strict";
import { base, browser } from "./common.mjs";

const most = { requests: 2, bytes: 30_000 };

async function load(accepted) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
  if (accepted) await cdp.send("Network.setExtraHTTPHeaders", { headers: { "Accept-Encoding": accepted } });
  const all = new Map();
  cdp.on("Network.requestWillBeSent", (e) => all.set(e.requestId, { url: new URL(e.request.url).pathname, type: e.type, at: e.timestamp, bytes: 0 }));
  cdp.on("Network.responseReceived", (e) => (all.get(e.requestId).encoding = Object.entries(e.response.headers).find(([k]) => k.toLowerCase() === "content-encoding")?.[1]));
  cdp.on("Network.loadingFinished", (e) => (all.get(e.requestId).bytes = e.encodedDataLength));
  await page.goto(base, { waitUntil: "load" });
  await page.locator(".age time").waitFor();
  await page.waitForTimeout(1000);
  const components = await page.locator(".nodes > li").count();
  const bars = await page.locator(".nodes > li .days").count();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const loads = [...all.values()].filter((r) => r.bytes > 0);
  // The rest, the icon and what keeps the page up to date, is asked for once all is painted.
  const before = loads.filter((r) => ["Document", "Script", "Stylesheet", "Font", "Image"].includes(r.type));
  await context.close();
  return {
    components, bars, encoding: before[0].encoding, first_contentful_paint_ms: Math.round(paint),
    requests: before.length, bytes: before.reduce((sum, r) => sum + r.bytes, 0),
    all: loads.map((r) => `${r.type} ${r.url} ${r.encoding ?? "plain"} ${r.bytes}`),
  };
}

try {
  for (const [accepted, encoding] of [["", "br"], ["gzip", "gzip"]]) { // what Chromium accepts by itself, and what any browser does
    const found = await load(accepted);
    console.log(JSON.stringify(found));
    assert.ok(found.components >= 50 && found.bars >= 50, `${found.components} components, ${found.bars} with days`);
    assert.equal(found.encoding, encoding);
    assert.ok(found.requests <= most.requests, `${found.requests} requests`);
    assert.ok(found.bytes <= most.bytes, `${found.bytes} bytes with ${found.encoding}`);
  }
} finally {
  await browser.close();
}
