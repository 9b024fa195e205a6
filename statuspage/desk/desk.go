// SPDX-License-Identifier: Apache-2.0

// Package desk is what operators do: open and update incidents, plan maintenance,
// announce, correct. It checks what they say, completes it and changes the store.
// The manager API, the admin pages and the duties all work through it; who may do so
// is left to them.
package desk

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Errors that callers tell apart; [Invalid] is another one, and store.ErrAway.
var (
	ErrNotFound = store.ErrNotFound
	ErrConflict = errors.New("changed meanwhile, or not possible now")
)

// Invalid says what is wrong with what an operator said, by field.
type Invalid []Fault

// A Fault is what is wrong with one field. Field is a JSON path such as "title" or
// "components[1]".
type Fault struct {
	Field   string `json:"field"`
	Problem string `json:"problem"` // to people: what is wrong and how to mend it
}

func (i Invalid) Error() string {
	var lines []string
	for _, f := range i {
		lines = append(lines, f.Field+": "+f.Problem)
	}
	return strings.Join(lines, "; ")
}

// Options are what the desk works on; all are required.
type Options struct {
	Store   *store.Store
	Layout  func() statuspage.Layout // what components there are
	Changed func()                   // called after each change; must not block
	Now     func() time.Time         // nil: time.Now
}

// A Desk is safe for concurrent use. The author of a call is who is named in the journal.
type Desk struct{ o Options }

// New returns a Desk.
func New(o Options) *Desk { return &Desk{o} }

// IncidentInput is what an operator says of an incident. In a change, what is nil stays.
type IncidentInput struct {
	Title      *string            `json:"title"`
	Impact     *statuspage.Impact `json:"impact"`
	Components *[]string          `json:"components"` // texts of Refs; must be known
	Started    *time.Time         `json:"started"`    // default now; not in the future
	Resolved   *time.Time         `json:"resolved"`   // by a resolving update otherwise
	Draft      *bool              `json:"draft"`
	Phase      *statuspage.Phase  `json:"phase"`  // of the first update; default investigating
	Text       *string            `json:"text"`   // of the first update; required unless a draft
	Notify     *bool              `json:"notify"` // tell subscribers; default true
	Alert      string             `json:"-"`
}

// UpdateInput is what an operator says in an update.
type UpdateInput struct {
	Phase      *statuspage.Phase  `json:"phase"`
	Text       *string            `json:"text"`
	Time       *time.Time         `json:"time"`       // default now
	Impact     *statuspage.Impact `json:"impact"`     // changes that of the incident
	Components *[]string          `json:"components"` // likewise
	Notify     *bool              `json:"notify"`
}

// MaintenanceInput is what an operator says of planned work.
type MaintenanceInput struct {
	Title      *string    `json:"title"`
	Text       *string    `json:"text"`
	Components *[]string  `json:"components"`
	Start      *time.Time `json:"start"`
	End        *time.Time `json:"end"`
	RRule      *string    `json:"rrule"`
	TimeZone   *string    `json:"time_zone"`
	Notify     *bool      `json:"notify"`
}

// CorrectionInput is what an operator says of a past interval.
type CorrectionInput struct {
	Components *[]string  `json:"components"`
	From       *time.Time `json:"from"`
	To         *time.Time `json:"to"`
	Status     *string    `json:"status"` // healthy (default), sick, dead, unknown or maintenance… see docs
	Reason     *string    `json:"reason"`
}

func (d *Desk) Incidents(ctx context.Context) ([]statuspage.Incident, error) { return nil, nil } // newest first, drafts too
func (d *Desk) Incident(ctx context.Context, id string) (statuspage.Incident, error) {
	return statuspage.Incident{}, nil
}
func (d *Desk) OpenIncident(ctx context.Context, author string, in IncidentInput) (statuspage.Incident, error) {
	return statuspage.Incident{}, nil
}
func (d *Desk) ChangeIncident(ctx context.Context, author, id string, in IncidentInput) (statuspage.Incident, error) {
	return statuspage.Incident{}, nil
}                                                                           // publishing a draft: Draft false
func (d *Desk) DeleteIncident(ctx context.Context, author, id string) error { return nil }
func (d *Desk) UpdateIncident(ctx context.Context, author, id string, in UpdateInput) (statuspage.Incident, error) {
	return statuspage.Incident{}, nil
}
func (d *Desk) EditUpdate(ctx context.Context, author, id, update string, in UpdateInput) (statuspage.Incident, error) {
	return statuspage.Incident{}, nil
}
func (d *Desk) DeleteUpdate(ctx context.Context, author, id, update string) (statuspage.Incident, error) {
	return statuspage.Incident{}, nil
}

func (d *Desk) Maintenances(ctx context.Context) ([]statuspage.Maintenance, error) { return nil, nil }
func (d *Desk) Maintenance(ctx context.Context, id string) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
}
func (d *Desk) PlanMaintenance(ctx context.Context, author string, in MaintenanceInput) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
}
func (d *Desk) ChangeMaintenance(ctx context.Context, author, id string, in MaintenanceInput) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
}
func (d *Desk) UpdateMaintenance(ctx context.Context, author, id string, in UpdateInput) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
}
func (d *Desk) EndMaintenance(ctx context.Context, author, id string) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
} // the occurrence under way, now
func (d *Desk) SkipOccurrence(ctx context.Context, author, id string, start time.Time) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
}
func (d *Desk) CancelMaintenance(ctx context.Context, author, id string) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
}
func (d *Desk) DeleteMaintenance(ctx context.Context, author, id string) error { return nil }

func (d *Desk) Announcements(ctx context.Context) ([]statuspage.Announcement, error) { return nil, nil }
func (d *Desk) Announce(ctx context.Context, author, title, text string) (statuspage.Announcement, error) {
	return statuspage.Announcement{}, nil
}
func (d *Desk) Retract(ctx context.Context, author, id string) error { return nil }

func (d *Desk) Corrections(ctx context.Context) ([]statuspage.Correction, error) { return nil, nil }
func (d *Desk) Correct(ctx context.Context, author string, in CorrectionInput) (statuspage.Correction, error) {
	return statuspage.Correction{}, nil
}
func (d *Desk) WithdrawCorrection(ctx context.Context, author, id string) error { return nil }

func (d *Desk) Templates(ctx context.Context) ([]statuspage.Template, error) { return nil, nil }
func (d *Desk) PutTemplate(ctx context.Context, author string, t statuspage.Template) (statuspage.Template, error) {
	return statuspage.Template{}, nil
}                                                                           // ID empty: a new one
func (d *Desk) DeleteTemplate(ctx context.Context, author, id string) error { return nil }
