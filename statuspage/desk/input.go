// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// IncidentInput is what an operator says of an incident. In a change, what is nil stays.
type IncidentInput struct {
	Title      *string            `json:"title"`      // required for a new one
	Impact     *statuspage.Impact `json:"impact"`     // default minor
	Components *[]string          `json:"components"` // texts of Refs; must be known
	Started    *time.Time         `json:"started"`    // default now; not in the future
	Resolved   *time.Time         `json:"resolved"`   // by a resolving update otherwise; of a new one: it is over already
	Draft      *bool              `json:"draft"`      // what is public can't become a draft
	Phase      *statuspage.Phase  `json:"phase"`      // of the first update; default investigating, resolved if it is over
	Text       *string            `json:"text"`       // of the first update; required unless a draft
	Notify     *bool              `json:"notify"`     // tell subscribers; default true, unless it is over already; of no account in a change that does not publish
	Alert      string             `json:"-"`          // see [statuspage.Incident]; of a new one: an open one of the same alert is a conflict
	Seen       *time.Time         `json:"seen"`       // when what is changed was updated last, as the caller knows it: otherwise ErrChanged; nil: whenever; of no account for a new one
}

// UpdateInput is what an operator says in an update. When one is edited, what is nil
// stays, and Impact and Components must be nil; of a maintenance Phase and Time, too.
type UpdateInput struct {
	Phase      *statuspage.Phase  `json:"phase"`      // default: as before
	Text       *string            `json:"text"`       // required for a new one
	Time       *time.Time         `json:"time"`       // default now
	Impact     *statuspage.Impact `json:"impact"`     // changes that of the incident
	Components *[]string          `json:"components"` // likewise
	Notify     *bool              `json:"notify"`     // tell subscribers; default true for a new one, false for one that is edited
	Seen       *time.Time         `json:"seen"`       // of the incident or the maintenance; see [IncidentInput]
}

// MaintenanceInput is what an operator says of planned work. In a change, what is
// nil stays.
type MaintenanceInput struct {
	Title      *string    `json:"title"` // required for a new one
	Text       *string    `json:"text"`
	Components *[]string  `json:"components"`
	Start      *time.Time `json:"start"`     // required for a new one
	End        *time.Time `json:"end"`       // likewise
	RRule      *string    `json:"rrule"`     // empty: once
	TimeZone   *string    `json:"time_zone"` // default UTC
	Notify     *bool      `json:"notify"`    // tell subscribers; default true for a new one and if the times change
	Quiet      *bool      `json:"quiet"`     // don't tell them when it begins and ends; default false
	Seen       *time.Time `json:"seen"`      // see [IncidentInput]
}

// AnnouncementInput is what an operator announces. Title and Text are required.
type AnnouncementInput struct {
	Title  *string `json:"title"`
	Text   *string `json:"text"`
	Notify *bool   `json:"notify"` // tell subscribers; default true
}

// CorrectionInput is what an operator says of a past interval. All but Status is required.
type CorrectionInput struct {
	Components *[]string  `json:"components"`
	From       *time.Time `json:"from"`
	To         *time.Time `json:"to"`
	Status     *string    `json:"status"` // what it was in truth: healthy (default), sick, dead or unknown
	Reason     *string    `json:"reason"` // for the public
}
