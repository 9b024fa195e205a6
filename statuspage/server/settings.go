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
	"github.com/pharos-status/pharos/statuspage/api"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/prom"
)

// The addresses under which the embedded engines are reached.
const (
	embeddedPrometheus   = "http://pharos.local/prometheus"
	embeddedAlertmanager = "http://pharos.local/alertmanager"
)

// settings are what a reload replaces, all at once.
type settings struct {
	config    *config.Config
	file      bool // there is a configuration file
	source    statuspage.Source
	reminders api.Reminders
	release   func() // gives up what idles; a reading under way may still end
}

// loadSettings reads the configuration. Its file may be absent only if neither
// the options nor the caller want it to be there.
func loadSettings(o *Options, wanted bool) (*settings, error) {
	c, file, err := loadConfig(o.ConfigFile, wanted || o.RequireConfig)
	if err != nil {
		return nil, err
	}
	c.Branding.PageURL = cmp.Or(c.Branding.PageURL, o.PageURL)
	promURL := choose(o.Logger, "prometheus.url", c.Prometheus.URL, config.Default().Prometheus.URL, embeddedPrometheus, o.Prometheus)
	source, err := prom.New(prom.Options{URL: promURL, HTTP: c.Prometheus.HTTP, Transport: o.Prometheus, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	alertsURL := choose(o.Logger, "alertmanager.url", c.Alertmanager.URL, config.Default().Alertmanager.URL, embeddedAlertmanager, o.Alertmanager)
	reminders, err := alerts.New(alerts.Options{URL: alertsURL, HTTP: c.Alertmanager.HTTP, Transport: o.Alertmanager})
	if err != nil {
		return nil, err
	}
	release := func() {
		source.Close()
		reminders.Close()
	}
	return &settings{config: c, file: file, source: source, reminders: reminders, release: release}, nil
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
