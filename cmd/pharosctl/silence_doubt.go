// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

// doubtTimeout is how long is tried to find out whether there is what was silenced.
const doubtTimeout = 3 * time.Second

// doubt warns of components that nobody knows: a silence of what there is not holds
// nothing back, and Alertmanager takes it all the same. Nothing is said where the status
// page, or Alertmanager, does not tell what there is.
func (c *silenceCmd) doubt(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, doubtTimeout)
	defer cancel()
	body, err := c.page.do(ctx, http.MethodGet, "/api/v2/summary.json", nil)
	var summary publicSummary
	if err != nil || json.Unmarshal(body, &summary) != nil || len(summary.Components) == 0 {
		return nil //nolint:nilerr // there is no page that knows
	}
	for _, component := range c.components {
		shown, meant := lookFor(component, summary.Components)
		if shown || c.hasAlerts(ctx, component) {
			continue
		}
		hint := "pharosctl status lists what there is"
		if meant != "" {
			hint = fmt.Sprintf("did you mean %q?", printable(meant))
		}
		if _, err := fmt.Fprintf(c.stderr, "warning: no alert is about %q, and the status page at %s shows no such component; %s\n", printable(component), c.page.at(), hint); err != nil {
			return fmt.Errorf("print the warnings: %w", err)
		}
	}
	return nil
}

// lookFor tells whether the page shows a component, and else which one may be meant: that
// which the page calls so, or one whose id is near.
func lookFor(name string, components []publicComponent) (shown bool, meant string) {
	var ids []string
	service := ""
	for _, c := range components {
		called := service + "/" + c.Name
		if c.Group {
			service, called = c.Name, c.Name
		}
		switch name {
		case c.ID:
			return true, ""
		case called:
			meant = c.ID
		}
		ids = append(ids, c.ID)
	}
	if meant == "" {
		meant = configfile.Nearest(name, ids)
	}
	return false, meant
}

// hasAlerts tells whether Alertmanager has alerts of a component, or does not say.
func (c *silenceCmd) hasAlerts(ctx context.Context, component string) bool {
	sets, err := matcherSets([]string{component}, nil)
	if err != nil {
		return true
	}
	filter := url.Values{}
	for _, m := range sets[0] {
		filter.Add("filter", m.String())
	}
	body, err := c.do(ctx, http.MethodGet, "/api/v2/alerts?"+filter.Encode(), nil)
	var alerts []json.RawMessage
	return err != nil || json.Unmarshal(body, &alerts) != nil || len(alerts) > 0
}
