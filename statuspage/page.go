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
	ID            string // of the page among several; "main" if there is one
	Brand         Brand
	Language      string         // of which the page is, a BCP 47 tag; empty: the visitor's choice
	Private       bool           // it is not for everyone: no cache may share it, no robot index it
	Status        status.Status  // of the whole
	Since         time.Time      // since when it has been at least as bad as Status; zero if that is healthy, or if it is not known
	Built         time.Time      // when the page was built
	AsOf          time.Time      // the time of the newest data; zero if there never was any
	Stale         bool           // the data is too old to be believed: everything is unknown
	Problem       Problem        // why the page can't be trusted
	ReadOnly      bool           // the store is away: what is told of incidents may be old
	Today         time.Time      // midnight UTC of the last of the days
	Weights       Weights        // what the minutes of days count as
	Services      []Service      // in the order of the configuration
	Announcements []Announcement // newest first
	Incidents     []Incident     // all public ones that touch the page, newest first by Started; never a draft, Alert is empty
	Maintenances  []Maintenance  // all that touch the page, also called-off ones, by Start; what calendars need
	Occurrences   []Occurrence   // of the last 90 and the next 90 days, by Start; at most 500
	Corrections   []Correction   // that touch the page, newest first
}

// An Occurrence is one time at which a maintenance takes place.
type Occurrence struct {
	Maintenance *Maintenance // shared; not to be changed
	Start, End  time.Time
	Phase       Phase // Scheduled, InProgress, Verifying or Completed: by the clock, and by what people said
}

// A Problem says why a page can't be trusted. It is put into words by package words.
type Problem struct {
	Kind  ProblemKind
	Since time.Time // of NoAnswer and NoNewData
}

// A ProblemKind is a kind of [Problem].
type ProblemKind string

// The kinds of problems.
const (
	NoProblem     ProblemKind = ""
	NeverAnswered ProblemKind = "never_answered" // the monitoring system has not answered yet
	NoAnswer      ProblemKind = "no_answer"      // it has not answered since
	NoData        ProblemKind = "no_data"        // it has no data
	NoNewData     ProblemKind = "no_new_data"    // it has had no new data since
)

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
	CustomHTML  string   // the operator's own, put into the page as it is
	CSPSources  []string // origins that custom_html and images may load from, besides ours
}

// A Service is a section of the page.
type Service struct {
	ID            string
	Label         string
	Status        status.Status
	Since         time.Time // since when it has been at least as bad as Status; zero if that is healthy, or if it is not known
	InMaintenance bool      // an active maintenance covers all of it
	Past
	Nodes []Node
}

// Past is what happened to a component.
type Past struct {
	Days   []Day    // oldest first, the last is [Page.Today]; as many as are known, maybe more than 90. None of a service that the page shows in part
	Uptime *float64 // over the last 90 days, from 0 to 1; nil if no time counts
}

// A Day is what happened on one day.
type Day struct {
	Minutes   Minutes
	Corrected bool // not as it was measured: a [Correction] says why
}

// ModePromQL is the mode of a node that is no probe: a PromQL expression, and what
// its value means.
const ModePromQL = "promql"

// A Node is a line of the page.
type Node struct {
	ID            string
	Label         string
	Mode          string // poll, script, push or local; or [ModePromQL]
	Status        status.Status
	Since         time.Time // see [Service]
	InMaintenance bool      // an active maintenance covers it
	LinkURL       string
	LinkLabel     string
	Queue         *float64 // messages that are ready in its queue; nil if it has none
	Value         *float64 // of a PromQL component that shows its value
	Unit          string   // of Value
	Past
	Latency  *Charts // nil if it has none; shared, not to be changed
	Replicas []Replica
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
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Text  string    `json:"text"` // Markdown
	Time  time.Time `json:"time"`
}

// Path is where the announcement stays, in the history of its month. It has the id
// Anchor there and on the front page, as long as that has room for it.
func (a Announcement) Path() string {
	return "/history/" + a.Time.UTC().Format("2006-01") + "#" + a.Anchor()
}

// Anchor is the id of the announcement on the pages that show it.
func (a Announcement) Anchor() string { return "announcement-" + a.ID }
