// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/schema"
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
	return &vigil{settings: v, client: client, page: page, location: cmp.Or(o.Words.Location(), time.UTC), now: time.Now}, nil
}

type vigil struct {
	settings *Vigil
	client   *httpClient
	page     vigilPage
	location *time.Location
	now      func() time.Time
}

// A vigilReport is what Vigil posts, in the order of its fields.
type vigilReport struct {
	Type     webhook.Kind `json:"type"`
	Status   string       `json:"status"`
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

func (v *vigil) Send(ctx context.Context, _ string, m Message) error {
	if !slices.Contains(v.settings.Types, m.Kind()) {
		return ErrSkipped
	}
	report := vigilReport{
		Type: m.Kind(), Status: vigilStatus(m.Notification), Replicas: append([]string{}, m.Dead()...),
		Time: v.now().In(v.location).Format("15:04:05 UTC-0700"), Page: v.page,
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

// vigilStatus returns what Vigil would call the state that a notification tells of.
func vigilStatus(n *webhook.Notification) string {
	worst := 0
	if n.Kind() != webhook.Startup {
		for _, a := range n.Alerts.Firing() {
			worst = max(worst, vigilSeverity(a.Labels))
		}
	}
	return [...]string{"healthy", "sick", "dead"}[worst]
}

// vigilSeverity returns 0 for healthy, 1 for sick and 2 for dead, by the labels of an
// alert that fires.
func vigilSeverity(labels map[string]string) int {
	name, severity := labels["alertname"], labels[schema.Severity]
	ours := strings.HasPrefix(name, "Pharos")
	switch {
	case name == "PharosServiceDead", name == "PharosNodeDead", name == "PharosReplicaDead", name == "PharosReminder":
		return 2
	case severity == "info":
		return 0
	case severity == "critical" && !ours:
		return 2
	}
	return 1 // what Pharos says of itself is no death that it knows of
}
