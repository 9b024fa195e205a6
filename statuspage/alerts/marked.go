// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A marked silence is known by its author and by what its comment ends in. A person
// who wants to keep one from us has only to remove the mark.
const (
	markBegin = "[pharos:"
	markEnd   = "]"
)

// A Silence holds back the alerts that have all of its labels.
type Silence struct {
	ID     string            // given by Alertmanager; empty: a new one
	Mark   string            // what it is for; without brackets
	Labels map[string]string // never empty; nil of one that somebody changed so that it is no longer of labels alone
	Starts time.Time
	Ends   time.Time
	Text   string // for people
	Begun  bool   // it is in force already, and Starts is when it began
}

// Marked returns the silences in force and to come that have a mark with the prefix.
func (c *Client) Marked(ctx context.Context, prefix string) ([]Silence, error) {
	var all []silence
	if err := c.call(ctx, http.MethodGet, "silences", nil, nil, &all); err != nil {
		return nil, err
	}
	var marked []Silence
	for _, s := range all {
		if m, ok := s.marked(); ok && strings.HasPrefix(m.Mark, prefix) {
			marked = append(marked, m)
		}
	}
	return marked, nil
}

// SetSilence makes a silence, or changes the one with the ID. One that has begun keeps
// its beginning.
func (c *Client) SetSilence(ctx context.Context, s Silence) error {
	equal := true
	out := silence{
		ID:        s.ID,
		StartsAt:  s.Starts,
		EndsAt:    s.Ends,
		CreatedBy: author,
		Comment:   strings.TrimSpace(s.Text + " " + markBegin + s.Mark + markEnd),
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		out.Matchers = append(out.Matchers, matcher{Name: name, Value: s.Labels[name], IsEqual: &equal})
	}
	return c.call(ctx, http.MethodPost, "silences", nil, out, nil)
}

// Expire ends a silence.
func (c *Client) Expire(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "silence/"+url.PathEscape(id), nil, nil, nil)
}

// marked returns s if it is one of ours, with a mark.
func (s *silence) marked() (Silence, bool) {
	rest, ok := strings.CutSuffix(s.Comment, markEnd)
	at := strings.LastIndex(rest, markBegin)
	if s.CreatedBy != author || s.Status == nil || s.Status.State == expired || !ok || at < 0 {
		return Silence{}, false
	}
	out := Silence{
		ID: s.ID, Mark: rest[at+len(markBegin):], Labels: map[string]string{},
		Starts: s.StartsAt, Ends: s.EndsAt,
		Text:  strings.TrimSpace(rest[:at]),
		Begun: s.Status.State == active,
	}
	for _, m := range s.Matchers {
		if m.IsRegex || m.IsEqual != nil && !*m.IsEqual {
			out.Labels = nil
			break
		}
		out.Labels[m.Name] = m.Value
	}
	return out, true
}
