// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// A Mode is the mode of the node that is reported to, as exporter.yml has it.
type Mode string

// The modes.
const (
	Push  Mode = "push"  // reports have a load, and a health if there are checks
	Local Mode = "local" // reports have a health alone
)

// A Health is what a report says of the whole replica.
type Health string

// The healths, the best first.
const (
	Healthy Health = "healthy"
	Sick    Health = "sick"
	Dead    Health = "dead"
)

// A Policy says which of several endpoints get a report.
type Policy int

// The policies.
const (
	All   Policy = iota // every endpoint gets every report
	First               // the first one that answers gets it
)

// An Endpoint is a server that takes reports: Pharos, its exporter, or a Vigil.
type Endpoint struct {
	URL   string // without /reporter, such as https://status.example.com
	Token string // the reporter token; never logged
}

// A Load is how busy the replica is, as ratios from 0. CPU may exceed 1.
type Load struct {
	CPU float64 `json:"cpu"`
	RAM float64 `json:"ram"`
}

// A Meter measures a load. It is called by one goroutine at a time.
type Meter func(context.Context) (Load, error)

// A Check is a check of the application's own. An error makes the replica dead, one
// that wraps [ErrSick] makes it sick. A check that panics, or has not returned
// within the interval, makes it dead.
type Check func(context.Context) error

// ErrSick is wrapped by errors of checks that find the replica sick, not dead.
var ErrSick = errors.New("sick")

// Options are the settings of a [Reporter].
type Options struct {
	URL, Token string     // the one endpoint, unless there are Endpoints
	Endpoints  []Endpoint // several
	Policy     Policy

	Service, Node string // ids, as in exporter.yml
	Replica       string // unique within the node; default: the host name
	Mode          Mode   // default: Push

	Interval time.Duration    // between two reports, at least a second; default: 30 s
	Load     Meter            // default: the container's load if it has limits, else the host's
	Checks   map[string]Check // by name; the worst counts
	KeepLast bool             // do not flush the replica when the reporter is stopped

	Transport http.RoundTripper // default: one of its own
	Logger    *slog.Logger      // default: nothing is logged
}
