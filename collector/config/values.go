// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/http"
	"regexp"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/status"
)

// Poll are the settings of replicas that are asked over the network.
type Poll struct {
	Interval  time.Duration // between two probes, more than 0
	Timeout   time.Duration // dead if there is no answer by then, more than 0
	SickAfter time.Duration // sick if the answer is later; 0: never
	Retries   int           // how often a dead replica is tried again
	RetryWait time.Duration // before each retry

	// An HTTP status is healthy from StatusFrom on, and below StatusBelow.
	StatusFrom, StatusBelow int
}

// Script are the settings of scripts.
type Script struct {
	Interval  time.Duration // between two runs, more than 0
	Timeout   time.Duration // dead if it still runs, more than 0
	Retries   int           // how often a dead script is run again
	RetryWait time.Duration // before each retry

	// NagiosUnknown is what exit code 3 means, by which a monitoring plugin says
	// that it can't tell.
	NagiosUnknown status.Status
	// Environment holds the names of variables that scripts see besides those that
	// concern the machine alone.
	Environment []string
	// Steps says of steps of a round trip, by name, after which time the script is
	// sick; all are more than 0.
	Steps map[string]time.Duration
}

// Push are the settings of replicas that report their load.
type Push struct {
	DeadAfter    time.Duration // dead if a report is later than its interval by this much
	ForgetAfter  time.Duration // without a report; 0: never
	CPUSickAbove float64       // sick if the load, a ratio, is above
	RAMSickAbove float64
}

// Local are the settings of replicas that a relay reports of.
type Local struct {
	DeadAfter   time.Duration // dead if a report is later than its interval by this much
	ForgetAfter time.Duration // without a report; 0: never
}

// HTTP says how http and https replicas are asked.
type HTTP struct {
	Method    string         // HEAD if none is given, GET if BodyMatch is set
	Headers   http.Header    // may hold secrets; keys are in canonical form, Host among them
	Body      string         // may hold secrets; empty for HEAD and GET
	BodyMatch *regexp.Regexp // what the body of the answer must match; nil: anything
}

// A Link leads from the page to more about a node. Both are empty, or the URL is
// an http, https or mailto one.
type Link struct{ URL, Label string }

// TLS says how certificates are checked, for every protocol that has them.
type TLS struct {
	// SickBefore is how long before the end of its certificate a replica is sick;
	// 0: never.
	SickBefore time.Duration
	// Config has nothing set where the certificate authorities of the machine are
	// trusted. CAFile is never set: its content is in CA. CertFile and KeyFile
	// are absolute or relative to the working directory.
	Config promconfig.TLSConfig
}

// SSH says what is expected of ssh replicas.
type SSH struct {
	// HostKeys are the fingerprints that a server may show, SHA256:… as ssh-keygen
	// -l prints them; empty: any.
	HostKeys []string
}
