// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// An entry is a line of the journal.
type entry struct {
	ID      string          `json:"id"`
	Time    time.Time       `json:"time"`
	Author  string          `json:"author"`
	Action  string          `json:"action"`
	Kind    string          `json:"kind"`
	Subject string          `json:"subject"`
	Title   string          `json:"title"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
}

func (h *handler) journal(_ http.ResponseWriter, r *http.Request) (reply, error) {
	q, err := readQuery(r, map[string][]string{"subject": nil})
	if err != nil {
		return reply{}, err
	}
	var before int64
	if q.after != "" {
		if before, err = strconv.ParseInt(q.after, 10, 64); err != nil || before < 1 {
			return reply{}, desk.Invalid{{Field: "after", Problem: "is " + short(q.after) + "; give what next was in the answer before"}}
		}
	}
	all, err := h.Store.Journal(r.Context(), q.words["subject"], before, q.limit)
	if err != nil {
		return reply{}, err
	}
	out := struct {
		Entries []entry `json:"entries"`
		Next    string  `json:"next,omitempty"`
	}{Entries: make([]entry, len(all))}
	for i, e := range all {
		out.Entries[i] = entry{strconv.FormatInt(e.ID, 10), e.Time, e.Author, e.Action, e.Kind, e.Subject, e.Title, e.Before, e.After}
	}
	if len(all) == q.limit {
		out.Next = out.Entries[len(all)-1].ID
	}
	return reply{body: out}, nil
}

// A subscriber is all that is kept of one, but what its messages are signed with.
type subscriber struct {
	ID         string               `json:"id"`
	Page       string               `json:"page"`
	Kind       store.SubscriberKind `json:"kind"`
	Address    string               `json:"address"`
	Language   string               `json:"language"`
	Components []statuspage.Ref     `json:"components"`
	MajorOnly  bool                 `json:"major_only"`
	Confirmed  time.Time            `json:"confirmed,omitzero"`
	Created    time.Time            `json:"created"`
	Failures   int                  `json:"failures"`
}

// subscribers exports them, all or those of one address.
func (h *handler) subscribers(_ http.ResponseWriter, r *http.Request) (reply, error) {
	q, err := readQuery(r, map[string][]string{"address": nil})
	if err != nil {
		return reply{}, err
	}
	out := struct {
		Subscribers []subscriber `json:"subscribers"`
		Next        string       `json:"next,omitempty"`
	}{Subscribers: []subscriber{}}
	address, one := q.words["address"]
	for after := q.after; ; {
		some, err := h.Store.Subscribers(r.Context(), after, maxLimit)
		if err != nil {
			return reply{}, err
		}
		for _, s := range some {
			if one && s.Address != address {
				continue
			}
			if len(out.Subscribers) == q.limit {
				out.Next = out.Subscribers[q.limit-1].ID
				return reply{body: out}, nil
			}
			out.Subscribers = append(out.Subscribers, subscriber{
				s.ID, s.Page, s.Kind, s.Address, s.Language,
				append([]statuspage.Ref{}, s.Components...), s.MajorOnly, s.Confirmed, s.Created, s.Failures,
			})
		}
		if len(some) < maxLimit {
			return reply{body: out}, nil
		}
		after = some[len(some)-1].ID
	}
}

// eraseSubscriber forgets a subscriber, in the journal too.
func (h *handler) eraseSubscriber(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return remove(r, h.Store.EraseSubscriber)
}
