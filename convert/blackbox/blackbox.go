// SPDX-License-Identifier: Apache-2.0

// Package blackbox makes the configuration folder of this project from that of
// blackbox_exporter, and from the scrape jobs of the Prometheus that probes through
// it. It reads and writes no file itself: what it makes is written by package convert.
package blackbox

import "github.com/pharos-status/pharos/convert"

// A Source is a file that is converted.
type Source struct {
	Name string // as the user named it
	Data []byte
}

// Sources are the files that are converted together.
type Sources struct {
	Blackbox   Source // blackbox.yml
	Prometheus Source // prometheus.yml; without a name there is none
}

// Convert converts the files.
func Convert(src Sources, o convert.Options) (convert.Result, error) {
	return convert.Result{}, convert.Errors{{File: src.Blackbox.Name, Msg: "nothing of it can be converted yet"}}
}
