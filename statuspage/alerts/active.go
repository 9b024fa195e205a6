// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/schema"
)

// An Alert is one that fires.
type Alert struct {
	Labels map[string]string
	Starts time.Time // when it began to fire
}

// Active returns the alerts that fire for a service or a node, the oldest first. What
// somebody has silenced is not among them; what is only kept back because something
// else is dead is. Alerts of single replicas and reminders, which repeat what another
// alert says, are left out.
func (c *Client) Active(ctx context.Context) ([]Alert, error) {
	var answer []struct {
		Labels   map[string]string `json:"labels"`
		StartsAt time.Time         `json:"startsAt"`
		Status   struct {
			SilencedBy []string `json:"silencedBy"`
		} `json:"status"`
	}
	query := url.Values{
		"silenced": {"false"},
		"filter": {
			schema.Service + `!=""`,
			schema.Replica + `=""`,
			schema.Notification + `!="` + schema.NotificationReminder + `"`,
		},
	}
	if err := c.call(ctx, http.MethodGet, "alerts", query, nil, &answer); err != nil {
		return nil, err
	}
	var all []Alert
	for _, a := range answer {
		if len(a.Status.SilencedBy) == 0 && a.Labels[schema.Service] != "" {
			all = append(all, Alert{Labels: a.Labels, Starts: a.StartsAt.UTC()})
		}
	}
	slices.SortStableFunc(all, func(a, b Alert) int {
		return cmp.Or(a.Starts.Compare(b.Starts), cmp.Compare(a.Labels[schema.Node], b.Labels[schema.Node]))
	})
	return all, nil
}
