// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A Relay says to which other exporter, the master, this one reports.
type Relay struct {
	URL      string            // of the master, without /reporter; http or https
	Token    configfile.Secret // of its reporter API; never empty
	Services []string          // their IDs; "*" stands for all
	Interval time.Duration     // between two reports of a replica whose status stays, more than 0
	Timeout  time.Duration     // of a request, more than 0

	Client promconfig.HTTPClientConfig // without authentication
}
