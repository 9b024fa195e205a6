// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/schema"
)

// Our silence is known by its author and by its one matcher. A person who wants
// to keep a silence of reminders from us only has to sign it otherwise.
const (
	author       = "pharos"
	comment      = "Reminders are ignored for a while, by the manager API of the status page."
	matcherName  = schema.Notification
	matcherValue = schema.NotificationReminder
)

// A silence, as far as we read it. Times are kept as Alertmanager wrote them: it
// changes a silence in place only if the start is the same to the nanosecond.
type silence struct {
	ID        string    `json:"id,omitempty"`
	Matchers  []matcher `json:"matchers"`
	StartsAt  time.Time `json:"startsAt"`
	EndsAt    time.Time `json:"endsAt"`
	CreatedBy string    `json:"createdBy"`
	Comment   string    `json:"comment"`
	Status    *state    `json:"status,omitempty"` // in answers only
}

type matcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual *bool  `json:"isEqual"` // nil: true, as Alertmanager reads it
}

type state struct {
	State string `json:"state"` // pending, active or expired
}

// What Alertmanager says of a silence.
const (
	active  = "active"
	expired = "expired"
)

// Ignored returns for how long reminders are still held back, 0 if they aren't.
func (c *Client) Ignored(ctx context.Context) (time.Duration, error) {
	ours, err := c.ours(ctx)
	if err != nil || len(ours) == 0 {
		return 0, err
	}
	return max(0, time.Until(ours[0].EndsAt)), nil
}

// Ignore holds back reminders for d from now, instead of for what was left.
func (c *Client) Ignore(ctx context.Context, d time.Duration) error {
	c.change.Lock()
	defer c.change.Unlock()
	ours, err := c.ours(ctx)
	if err != nil {
		return err
	}
	now, equal := time.Now().UTC(), true
	s := silence{
		Matchers:  []matcher{{Name: matcherName, Value: matcherValue, IsEqual: &equal}},
		StartsAt:  now,
		EndsAt:    now.Add(d),
		CreatedBy: author,
		Comment:   comment,
	}
	if len(ours) > 0 {
		s.ID, s.StartsAt = ours[0].ID, ours[0].StartsAt
		ours = ours[1:]
	}
	if err := c.call(ctx, http.MethodPost, "silences", nil, s, nil); err != nil {
		return err
	}
	return c.expire(ctx, ours)
}

// Unignore lets reminders through again.
func (c *Client) Unignore(ctx context.Context) error {
	c.change.Lock()
	defer c.change.Unlock()
	ours, err := c.ours(ctx)
	if err != nil {
		return err
	}
	return c.expire(ctx, ours)
}

// ours returns our silences that are on, the one that ends last first. There is
// more than one only if several status pages share an Alertmanager.
func (c *Client) ours(ctx context.Context) ([]silence, error) {
	var all []silence
	filter := url.Values{"filter": {fmt.Sprintf("%s=%q", matcherName, matcherValue)}}
	if err := c.call(ctx, http.MethodGet, "silences", filter, nil, &all); err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(s silence) bool { return !s.ours() })
	slices.SortFunc(all, func(a, b silence) int { return b.EndsAt.Compare(a.EndsAt) })
	return all, nil
}

func (s *silence) ours() bool {
	if s.CreatedBy != author || len(s.Matchers) != 1 || s.Status == nil || s.Status.State == expired {
		return false
	}
	m := s.Matchers[0]
	return m.Name == matcherName && m.Value == matcherValue && !m.IsRegex && (m.IsEqual == nil || *m.IsEqual)
}

func (c *Client) expire(ctx context.Context, all []silence) error {
	for _, s := range all {
		if err := c.call(ctx, http.MethodDelete, "silence/"+url.PathEscape(s.ID), nil, nil, nil); err != nil {
			return err
		}
	}
	return nil
}
