// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"
	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Vigil are the settings of a channel that posts to a webhook in the format that
// Vigil has, for what was made to understand Vigil.
type Vigil struct {
	URL     configfile.Secret           `yaml:"url"`
	URLFile string                      `yaml:"url_file"`
	Types   []webhook.Kind              `yaml:"types"` // which are sent; none: all
	HTTP    promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (v *Vigil) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.secretURL(&v.URL, v.URLFile)
	all := []webhook.Kind{webhook.Startup, webhook.Changed, webhook.Reminder}
	for i, kind := range v.Types {
		if !slices.Contains(all, kind) {
			c.errs = append(c.errs, f.Errorf(p.At("types", i), "%q is none of startup, changed and reminder", kind))
		}
	}
	if len(v.Types) == 0 {
		v.Types = all
	}
	c.client(&v.HTTP)
	return c.errs
}

// Open implements [Settings].
func (v *Vigil) Open(o Options) (Channel, error) {
	client, err := newHTTPClient(&v.HTTP, o.Name, partsOf(v.URL)...)
	if err != nil {
		return nil, err
	}
	page := vigilPage{Title: o.Words.PageTitle(), URL: o.Words.PageURL()}
	return &vigil{settings: v, client: client, page: page, location: cmp.Or(o.Words.Location(), time.UTC)}, nil
}

type vigil struct {
	settings *Vigil
	client   *httpClient
	page     vigilPage
	location *time.Location
}

// A vigilReport is what Vigil posts, in the order of its fields.
type vigilReport struct {
	Type     webhook.Kind `json:"type"`
	Status   string       `json:"status"` // dead or healthy
	Time     string       `json:"time"`
	Replicas []string     `json:"replicas"` // those that are dead, as service:node:replica
	Page     vigilPage    `json:"page"`
}

type vigilPage struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

func (v *vigil) Recipients() []string { return []string{"vigil"} }

func (v *vigil) Keyed() bool { return false }

func (v *vigil) Close() error { return v.client.close() }

// Send posts what Vigil posted: that something died or lives again, reminders, and
// starts. It told of the end of neither reminders nor starts, and of nothing else. A
// test is posted as a start: nothing else in this format changes the least.
func (v *vigil) Send(ctx context.Context, _ string, m Message) error {
	kind, about := m.Kind(), deaths(m.Notification)
	switch {
	case m.CommonLabels["alertname"] == webhook.TestAlert:
		kind = webhook.Startup
	case !slices.Contains(v.settings.Types, kind), kind == webhook.Changed && !about.any, kind != webhook.Changed && !m.Firing():
		return ErrSkipped
	}
	report := vigilReport{Type: kind, Status: "healthy", Time: v.time(m.Accepted), Replicas: []string{}, Page: v.page}
	if kind != webhook.Startup && about.firing {
		report.Status, report.Replicas = "dead", append(report.Replicas, m.Dead()...)
	}
	body, err := json.Marshal(report)
	if err != nil {
		return refuse("write the report as JSON: %w", err)
	}
	r, err := v.client.post(ctx, string(v.settings.URL), "application/json", body)
	if err != nil {
		return err
	}
	_, _, err = v.client.do(ctx, r)
	return err
}

// time returns the time of a report: when it was accepted, however late it comes.
func (v *vigil) time(accepted time.Time) string {
	if accepted.IsZero() {
		accepted = time.Now()
	}
	return accepted.In(v.location).Format("15:04:05 UTC-0700")
}

// deaths returns whether any alert of a notification is about something dead, and
// whether such a one fires.
func deaths(n *webhook.Notification) (about struct{ any, firing bool }) {
	for _, a := range n.Alerts {
		if isDeath(a) {
			about.any = true
			about.firing = about.firing || a.Status == "firing"
		}
	}
	return about
}

// isDeath tells whether an alert is about something dead, by its labels. Of what is
// not Pharos' own, that is whatever is critical; what Pharos says of itself is no
// death that it knows of.
func isDeath(a template.Alert) bool {
	switch name := a.Labels["alertname"]; name {
	case "PharosServiceDead", "PharosNodeDead", "PharosReplicaDead", "PharosReminder":
		return true
	default:
		return !strings.HasPrefix(name, "Pharos") && webhook.SeverityOf(a) == webhook.Critical
	}
}
