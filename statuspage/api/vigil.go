// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// maxIgnored bounds for how long reminders can be held back.
const maxIgnored = 365 * 24 * time.Hour

// readPlain stores the JSON body in v, as Vigil does: what is unknown is passed over.
func readPlain(w http.ResponseWriter, r *http.Request, v any, example string) error {
	body, err := load(w, r)
	if err != nil {
		return err
	}
	if !utf8.Valid(body) {
		return refusal{http.StatusBadRequest, "the body is not valid UTF-8"}
	}
	if err := json.Unmarshal(body, v); err != nil {
		return refusal{http.StatusBadRequest, fmt.Sprintf("the body does not fit (%v); send JSON such as %s", err, example)}
	}
	return nil
}

type announcementID struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
}

func (h *handler) titles(w http.ResponseWriter, r *http.Request) (reply, error) {
	all, err := h.Desk.Announcements(r.Context())
	if all, err = known(w, all, err); err != nil {
		return reply{}, err
	}
	out := make([]announcementID, len(all))
	for i, a := range all {
		out[i] = announcementID{ID: a.ID, Title: a.Title}
	}
	return reply{body: out}, nil
}

func (h *handler) announceTitle(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	}
	if err := readPlain(w, r, &in, `{"title": "Planned work", "text": "Tonight at 22:00 UTC."}`); err != nil {
		return reply{}, err
	}
	who, err := author(r)
	if err != nil {
		return reply{}, err
	}
	a, err := h.Desk.Announce(r.Context(), who, desk.AnnouncementInput{Title: &in.Title, Text: &in.Text})
	if invalid, ok := errors.AsType[desk.Invalid](err); ok {
		what, _, _ := strings.Cut(invalid[0].Problem, ";")
		return reply{}, refusal{http.StatusBadRequest, "invalid announcement: the " + invalid[0].Field + " " + what}
	}
	if err != nil {
		return reply{}, fmt.Errorf("write an announcement: %w", err)
	}
	return reply{body: announcementID{ID: a.ID}}, nil
}

func (h *handler) retractOne(_ http.ResponseWriter, r *http.Request) (reply, error) {
	who, err := author(r)
	if err != nil {
		return reply{}, err
	}
	err = h.Desk.Retract(r.Context(), who, r.PathValue("id"))
	if errors.Is(err, desk.ErrNotFound) {
		err = refusal{http.StatusNotFound, "no such announcement; GET /manager/announcements/ lists them"}
	}
	return reply{}, err
}

type replicaName struct {
	Probe   string `json:"probe"`
	Node    string `json:"node"`
	Replica string `json:"replica"`
}

// alerts lists the replicas that are dead or sick, by the names that the public
// may not see. An empty list would look as if all were well, so there is none
// unless the reading can be believed.
func (h *handler) alerts(http.ResponseWriter, *http.Request) (reply, error) {
	reading := h.Reading()
	if limit := h.StaleAfter(); time.Since(reading.At) > limit || time.Since(reading.Newest) > limit {
		return reply{}, refusal{http.StatusServiceUnavailable, "the status is unknown: Prometheus does not answer, or has no fresh data"}
	}
	out := map[string][]replicaName{"dead": {}, "sick": {}}
	for _, id := range slices.SortedFunc(maps.Keys(reading.Replicas), status.ID.Compare) {
		if st := reading.Replicas[id].Status; st == status.Dead || st == status.Sick {
			out[st.String()] = append(out[st.String()], replicaName{id.Service, id.Node, id.Replica})
		}
	}
	return reply{body: out}, nil
}

type ignored struct {
	Seconds *int64 `json:"reminders_seconds"`
}

func (h *handler) ignored(_ http.ResponseWriter, r *http.Request) (reply, error) {
	left, err := h.Reminders().Ignored(r.Context())
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errAlertmanager, err)
	}
	if left <= 0 {
		return reply{body: ignored{}}, nil
	}
	seconds := int64(math.Ceil(left.Seconds()))
	return reply{body: ignored{&seconds}}, nil
}

func (h *handler) ignore(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in ignored
	if err := readPlain(w, r, &in, `{"reminders_seconds": 600}, or null to end it`); err != nil {
		return reply{}, err
	}
	var err error
	switch {
	case in.Seconds == nil || *in.Seconds == 0:
		err = h.Reminders().Unignore(r.Context())
	case *in.Seconds < 0 || *in.Seconds > int64(maxIgnored/time.Second):
		return reply{}, refusal{http.StatusBadRequest, fmt.Sprintf("reminders_seconds is %d; it can be from 0 to %d, or null", *in.Seconds, maxIgnored/time.Second)}
	default:
		err = h.Reminders().Ignore(r.Context(), time.Duration(*in.Seconds)*time.Second)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", errAlertmanager, err)
	}
	return reply{}, err
}
