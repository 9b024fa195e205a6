// SPDX-License-Identifier: Apache-2.0

package mcp

import (
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// How much of what people wrote an answer holds: a model has no use for more.
const (
	maxUpdates = 20    // the newest of an incident
	maxText    = 4_000 // bytes of an update
)

type (
	incidentsOutput struct {
		Total     int        `json:"total" jsonschema:"how many there are, of which this is a part"`
		Incidents []incident `json:"incidents"`
	}
	incident struct {
		ID         string    `json:"id"`
		Title      string    `json:"title"`
		Impact     string    `json:"impact" jsonschema:"none, minor, major or critical"`
		Phase      string    `json:"phase" jsonschema:"investigating, identified, monitoring, resolved or postmortem"`
		Components []string  `json:"components" jsonschema:"ids of services and components"`
		Started    time.Time `json:"started"`
		Resolved   time.Time `json:"resolved,omitzero" jsonschema:"missing while it goes on"`
		Updates    []update  `json:"updates" jsonschema:"newest first, at most 20"`
	}
	update struct {
		Phase string    `json:"phase"`
		Time  time.Time `json:"time"`
		Text  string    `json:"text" jsonschema:"Markdown; may be cut"`
	}
)

func incidents(p statuspage.Page, in incidentsInput) (incidentsOutput, error) {
	var all []*statuspage.Incident
	for i := range p.Incidents {
		it := &p.Incidents[i]
		major := it.Impact == statuspage.ImpactMajor || it.Impact == statuspage.ImpactCritical
		if (it.Open() || !in.Open) && (major || !in.Major) {
			all = append(all, it)
		}
	}
	out := incidentsOutput{len(all), []incident{}}
	for _, it := range part(all, in.Offset, in.Limit, 10) {
		out.Incidents = append(out.Incidents, incidentOf(it))
	}
	return out, nil
}

func incidentOf(in *statuspage.Incident) incident {
	return incident{
		ID: in.ID, Title: in.Title, Impact: string(in.Impact), Phase: string(in.Phase()), Components: texts(in.Components),
		Started: in.Started, Resolved: in.Resolved, Updates: updates(in.Updates),
	}
}

func updates(all []statuspage.Update) []update {
	out := []update{}
	for _, u := range slices.Backward(all[max(0, len(all)-maxUpdates):]) {
		out = append(out, update{string(u.Phase), u.Time, cut(u.Text)})
	}
	return out
}

func texts(refs []statuspage.Ref) []string {
	out := []string{}
	for _, r := range refs {
		out = append(out, r.String())
	}
	return out
}

// cut shortens a text at a character.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := 0
	for i := range text {
		if i > maxText {
			break
		}
		end = i
	}
	return text[:end] + "…"
}
