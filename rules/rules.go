// SPDX-License-Identifier: Apache-2.0

// Package rules holds the Prometheus rules that come with Pharos: how the status
// of replicas, nodes, services and the whole follows from the exporter's metrics,
// and the alerts. It does not evaluate them: that is left to Prometheus, the
// embedded one or any other.
package rules

import (
	"embed"
	"io/fs"
)

// FS holds the rule files, in Prometheus' own format.
//
//go:embed *.rules.yml
var FS embed.FS

// Files returns the names of the files in [FS], sorted.
func Files() []string {
	names, err := fs.Glob(FS, "*.rules.yml")
	if err != nil {
		panic(err) // the pattern is bad: not at run time
	}
	return names
}
