// SPDX-License-Identifier: Apache-2.0

// Package embedded runs Prometheus and Alertmanager inside the process: storage,
// scrapes, rules, notifications and both HTTP APIs, over the files that the two
// programs read themselves. One loop evaluates all rules, every few seconds and
// at once when something changed. What is watched, what the rules say and what
// the page shows is left to the exporter, to package rules and to the status
// page; nothing else imports the server packages of either program.
package embedded
