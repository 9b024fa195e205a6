// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// maxIgnored bounds for how long reminders can be held back.
const maxIgnored = 365 * 24 * time.Hour

type announcementID struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
}

func (h *handler) announcements(http.ResponseWriter, *http.Request) (any, error) {
	all, err := h.Store.Announcements()
	if err != nil {
		return nil, err
	}
	out := make([]announcementID, len(all))
	for i, a := range all {
		out[i] = announcementID{ID: a.ID, Title: a.Title}
	}
	return out, nil
}

func (h *handler) announce(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	}
	if err := read(w, r, &in, `{"title": "Planned work", "text": "Tonight at 22:00 UTC."}`); err != nil {
		return nil, err
	}
	a, err := h.Store.Announce(in.Title, in.Text)
	if err != nil {
		return nil, err
	}
	h.Changed()
	return announcementID{ID: a.ID}, nil
}

func (h *handler) retract(_ http.ResponseWriter, r *http.Request) (any, error) {
	if err := h.Store.Retract(r.PathValue("id")); err != nil {
		return nil, err
	}
	h.Changed()
	return nil, nil //nolint:nilnil // an empty answer
}

type replicaName struct {
	Probe   string `json:"probe"`
	Node    string `json:"node"`
	Replica string `json:"replica"`
}

// alerts lists the replicas that are dead or sick, by the names that the public
// may not see. An empty list would look as if all were well, so there is none
// unless the reading can be believed.
func (h *handler) alerts(http.ResponseWriter, *http.Request) (any, error) {
	reading := h.Reading()
	if limit := h.StaleAfter(); time.Since(reading.At) > limit || time.Since(reading.Newest) > limit {
		return nil, refusal{http.StatusServiceUnavailable, "the status is unknown: Prometheus does not answer, or has no fresh data"}
	}
	out := map[string][]replicaName{"dead": {}, "sick": {}}
	for _, id := range slices.SortedFunc(maps.Keys(reading.Replicas), status.ID.Compare) {
		if st := reading.Replicas[id].Status; st == status.Dead || st == status.Sick {
			out[st.String()] = append(out[st.String()], replicaName{id.Service, id.Node, id.Replica})
		}
	}
	return out, nil
}

type ignored struct {
	Seconds *int64 `json:"reminders_seconds"`
}

func (h *handler) ignored(_ http.ResponseWriter, r *http.Request) (any, error) {
	left, err := h.Reminders().Ignored(r.Context())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAlertmanager, err)
	}
	if left <= 0 {
		return ignored{}, nil
	}
	seconds := int64(math.Ceil(left.Seconds()))
	return ignored{&seconds}, nil
}

func (h *handler) ignore(w http.ResponseWriter, r *http.Request) (any, error) {
	var in ignored
	if err := read(w, r, &in, `{"reminders_seconds": 600}, or null to end it`); err != nil {
		return nil, err
	}
	var err error
	switch {
	case in.Seconds == nil || *in.Seconds == 0:
		err = h.Reminders().Unignore(r.Context())
	case *in.Seconds < 0 || *in.Seconds > int64(maxIgnored/time.Second):
		return nil, refusal{http.StatusBadRequest, fmt.Sprintf("reminders_seconds is %d; it can be from 0 to %d, or null", *in.Seconds, maxIgnored/time.Second)}
	default:
		err = h.Reminders().Ignore(r.Context(), time.Duration(*in.Seconds)*time.Second)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAlertmanager, err)
	}
	return nil, nil //nolint:nilnil // an empty answer
}
