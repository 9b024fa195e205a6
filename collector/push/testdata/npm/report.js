// SPDX-License-Identifier: Apache-2.0

// Reports three times with the real client, ends it, and leaves the rest to the
// event loop: it exits by itself if nothing holds a connection or a timer. What
// is done is written to standard output, a JSON value a line.
//
// Usage: node report.js URL TOKEN SERVICE NODE REPLICA INTERVAL
"use strict";

const [url, token, probe_id, node_id, replica_id, interval] = process.argv.slice(2);
const write = (value) => process.stdout.write(JSON.stringify(value) + "\n");

// The client waits 10 s before its first report, and then for the interval.
const realSetTimeout = global.setTimeout;
global.setTimeout = (act, ms, ...rest) => realSetTimeout(act, ms / 100, ...rest);

const { VigilReporter } = require("vigil-reporter");

let closed = 0;
const reporter = new VigilReporter({
  url, token, probe_id, node_id, replica_id,
  interval: Number(interval),
  console: {
    log(message, data) {
      if (message.endsWith("Built request raw data")) {
        write({ sent: data });
      }
      if (message.endsWith("Request closed") && ++closed === 3) {
        // The client schedules its next report in the same turn.
        setImmediate(() => write({ ended: reporter.end() }));
      }
    },
    info(message) { write({ succeeded: message }); },
    warn(message) { write({ problem: message }); },
    error(message, data) { write({ problem: message, data: String(data) }); },
  },
});
