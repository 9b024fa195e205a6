// SPDX-License-Identifier: Apache-2.0

// Package dashboards holds the dashboards that come with Pharos, in Grafana's
// classic format. They read what the exporter writes and what package rules
// records, from any Prometheus that has both. To draw them is left to Grafana.
package dashboards

import "embed"

// FS holds the dashboards, a file each.
//
//go:embed *.json
var FS embed.FS
