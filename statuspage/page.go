// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// A Page is all that a view may show. Views read it and compute nothing, and it
// holds nothing that the public must not see: the name of a replica is empty
// unless the configuration reveals it.
type Page struct {
	Brand         Brand
	Status        status.Status  // of the whole
	Built         time.Time      // when the page was built
	AsOf          time.Time      // the time of the newest data; zero if there never was any
	Stale         bool           // the data is too old to be believed: everything is unknown
	Problem       string         // why the page can't be trusted, for the public; empty if it can
	Services      []Service      // in the order of the configuration
	Announcements []Announcement // newest first
}

// Brand is what the operator says of the page itself.
type Brand struct {
	Title       string
	URL         string // where the page is, for links from outside; may be empty
	CompanyName string
	IconURL     string
	IconColor   string // a CSS color; may be empty
	LogoURL     string
	LogoColor   string
	WebsiteURL  string
	SupportURL  string
	CustomHTML  string // the operator's own, put into the page as it is
}

// A Service is a section of the page.
type Service struct {
	ID     string
	Label  string
	Status status.Status
	Nodes  []Node
}

// A Node is a line of the page.
type Node struct {
	ID        string
	Label     string
	Mode      string // poll, script, push or local
	Status    status.Status
	LinkURL   string
	LinkLabel string
	Replicas  []Replica
}

// A Replica is one part of a node.
type Replica struct {
	Number   int    // from 1, within its node
	Name     string // empty unless revealed
	Status   status.Status
	Reason   status.Reason // None while healthy
	Latency  time.Duration // of the last probe; 0 if there was none
	CPU, RAM *float64      // the reported load as a ratio; nil if not reported
	LastSeen time.Time     // of the last probe or report; zero if never
}

// An Announcement is a plain notice.
type Announcement struct {
	ID    string
	Title string
	Text  string
	Time  time.Time
}
