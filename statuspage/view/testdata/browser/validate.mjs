// SPDX-License-Identifier: Apache-2.0

// Checks each HTML file of a folder with html-validate's recommended rules.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { HtmlValidate } from "html-validate";

const folder = process.argv[2];
const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    "long-title": "off", // a title says how the whole is, in the operator's words
    "form-dup-name": ["error", { shared: ["radio", "button", "reset", "submit", "checkbox"] }], // a set of choices
    "no-raw-characters": ["error", { relaxed: true }], // as HTML allows
    "doctype-style": ["error", { style: "uppercase" }],
  },
});
let problems = 0;
const files = (await readdir(folder)).filter((f) => f.endsWith(".html")).sort();
for (const file of files) {
  const report = await validator.validateFile(join(folder, file));
  for (const m of report.results.flatMap((r) => r.messages)) {
    if (problems++ < 60) console.log(`${file}:${m.line}:${m.column}: ${m.ruleId}: ${m.message} ${m.selector ?? ""}`);
  }
}
console.log(`${files.length} pages, ${problems} problems`);
process.exitCode = problems > 0 || files.length === 0 ? 1 : 0;
