// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"fmt"
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
	Sick    Health = "sick" // it works, but not well
	Dead    Health = "dead"

	// Unknown is for a [Client] that watches something and cannot tell how it is. A
	// Vigil refuses it by 400.
	Unknown Health = "unknown"
)

// A Policy says which of several endpoints get a report.
type Policy int

// The policies.
const (
	// All has each endpoint get every report. One that is slow or away delays none of
	// the others.
	All Policy = iota

	// First has the first endpoint that takes a report get it, in the order of
	// Options.Endpoints. It is for several ways to the same server: one that does not
	// get the reports any more takes the replica for dead.
	First
)

// An Endpoint is a server that takes reports: Pharos, its exporter, or a Vigil.
type Endpoint struct {
	// URL is that of the server, without /reporter, such as https://status.example.com
	// or https://example.com/status. It has no user, query or fragment.
	URL string

	// Token is the reporter token of the server. It is sent to that server alone, and
	// never logged: it is left out of the texts and the JSON of an Endpoint.
	Token string `json:"-"`
}

// String returns the URL.
func (e Endpoint) String() string { return e.URL }

// GoString returns the URL.
func (e Endpoint) GoString() string { return e.URL }

// A Load is how busy the replica is.
type Load struct {
	CPU float64 `json:"cpu"` // a ratio from 0; 1 is all that there is, and more is waited for
	RAM float64 `json:"ram"` // a ratio, from 0 to 1
}

// A Meter measures a load. It is called by one goroutine at a time, at each report,
// and returns when the context ends. While it fails, panics or hangs, reports repeat
// the last load, and say that the replica is sick.
//
// The meters of this package and of prombridge may be called by several goroutines at
// once, and so shared by several reporters.
type Meter func(context.Context) (Load, error)

// A Check is a check of the application's own. Nil is healthy; an error makes the
// replica dead, one that wraps [ErrSick] makes it sick; its text is reported as the
// reason. A check that panics makes the replica dead, and so does one that has not
// returned within the interval.
//
// The checks run at the same time, each in a goroutine of its own, at each report. The
// context of a check ends before the interval is over. A check that does not
// return then is not called again until it has.
type Check func(context.Context) error

// ErrSick is wrapped by errors of checks that find the replica sick, not dead:
//
//	fmt.Errorf("%w: %d messages wait", reporter.ErrSick, n)
var ErrSick = errors.New("sick")

// Options are the settings of a [Reporter]. An endpoint, Service and Node are
// required. They may be used again after [Start], which keeps none of the maps and
// slices; the Load and the Checks are then called by each of the reporters.
type Options struct {
	// URL and Token are the one endpoint, unless there are several Endpoints.
	URL       string
	Token     string `json:"-"`
	Endpoints []Endpoint
	Policy    Policy // which of several get a report; default: All

	Service, Node string // their ids, as in exporter.yml
	Replica       string // the name of this one, unique within the node; default: the host name
	Mode          Mode   // the mode of the node; default: Push

	// Interval is the time between two reports, from a second to 30 days; default: 30
	// seconds. Each gap is up to a tenth longer or shorter than that, so that many
	// reporters spread. Reports tell the server to expect the next one within 1.2 times
	// the interval, in whole seconds: the longest gap that there is when nothing fails.
	Interval time.Duration

	Load     Meter            // in mode Push; default: AutoLoad()
	Checks   map[string]Check // by their names; the worst counts
	KeepLast bool             // leave the replica with the server when the reporter is stopped

	// Transport sends the requests: here TLS and proxies are set. The default is one of
	// the reporter's own, with the settings of http.DefaultTransport. One that is
	// given is not closed, and must not be changed while the reporter works.
	Transport http.RoundTripper

	// Logger is told when reports are refused or don't arrive, and when they do again;
	// not each time. It may be called by several goroutines at once. The default is
	// slog.Default(), as it is at the start; slog.New(slog.DiscardHandler) logs nothing.
	Logger *slog.Logger
}

// String returns the options without the tokens.
func (o Options) String() string {
	type plain Options // it has no String
	o.Token = ""
	return fmt.Sprintf("%+v", plain(o))
}

// GoString returns the options without the tokens.
func (o Options) GoString() string { return o.String() }
