// SPDX-License-Identifier: Apache-2.0

package server

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/prom"
	"github.com/pharos-status/pharos/statuspage/visitor"
)

// The addresses under which the embedded engines are reached.
const (
	embeddedPrometheus   = "http://pharos.local/prometheus"
	embeddedAlertmanager = "http://pharos.local/alertmanager"
)

// settings are what a reload replaces, all at once.
type settings struct {
	config  *config.Config
	file    bool // there is a configuration file
	source  statuspage.Source
	alerts  *alerts.Client
	faces   []*face // of the pages, the main one first
	proxies visitor.Proxies
	release func() // gives up what idles; a reading under way may still end
}

// loadSettings reads the configuration. Its file may be absent only if neither
// the options nor the caller want it to be there.
func loadSettings(o *Options, wanted bool) (*settings, error) {
	c, file, err := loadConfig(o.ConfigFile, wanted || o.RequireConfig)
	if err != nil {
		return nil, err
	}
	c.Branding.PageURL = cmp.Or(c.Branding.PageURL, o.PageURL)
	s := &settings{config: c, file: file, proxies: c.Proxies()}
	if s.faces, err = newFaces(c); err != nil {
		return nil, err
	}
	for _, pair := range c.Uncovered() {
		o.Logger.Warn("What a private page selects is on a public page too; leave it out there by select", "private_page", pair[0], "public_page", pair[1])
	}
	promURL := choose(o.Logger, "prometheus.url", c.Prometheus.URL, config.Default().Prometheus.URL, embeddedPrometheus, o.Prometheus)
	source, err := prom.New(prom.Options{
		URL: promURL, HTTP: c.Prometheus.HTTP, Transport: o.Prometheus, Logger: o.Logger, Components: components(c),
	})
	if err != nil {
		return nil, err
	}
	alertsURL := choose(o.Logger, "alertmanager.url", c.Alertmanager.URL, config.Default().Alertmanager.URL, embeddedAlertmanager, o.Alertmanager)
	s.alerts, err = alerts.New(alerts.Options{URL: alertsURL, HTTP: c.Alertmanager.HTTP, Transport: o.Alertmanager})
	if err != nil {
		return nil, err
	}
	s.source = source
	s.release = func() {
		source.Close()
		s.alerts.Close()
	}
	return s, nil
}

// components returns the lines of the page that are no probes.
func components(c *config.Config) []prom.Component {
	all := make([]prom.Component, 0, len(c.Components))
	for i := range c.Components {
		one := &c.Components[i]
		all = append(all, prom.Component{
			ID: one.NodeID(), ServiceLabel: one.GroupLabel, Expr: one.Expr, Judge: one.Judge, Latency: one.Latency,
			Layout: statuspage.NodeLayout{
				Label: one.Label, LinkURL: one.Link.URL, LinkLabel: one.Link.Label,
				Unit: one.Unit, ShowValue: one.ShowValue, Labels: one.Labels,
			},
		})
	}
	return all
}

// choose returns the address to use: the embedded one if there is a transport to
// it. An address that is then of no use is mentioned.
func choose(log *slog.Logger, key, configured, byDefault, embedded string, transport http.RoundTripper) string {
	if transport == nil {
		return configured
	}
	if configured != byDefault {
		log.Warn("the address in the configuration is ignored, since the engine is embedded", "key", key, "url", configured)
	}
	return embedded
}

// loadConfig reads the file, and tells whether there is one. No file means the
// defaults, unless it is wanted.
func loadConfig(name string, wanted bool) (c *config.Config, file bool, err error) {
	if name == "" {
		return config.Default(), false, nil
	}
	c, err = config.Load(name)
	switch {
	case err == nil:
		return c, true, nil
	case errors.Is(err, fs.ErrNotExist) && !wanted:
		return config.Default(), false, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, fmt.Errorf("%w; write the file, or name another one", err)
	}
	return nil, false, err
}
