// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"log/slog"
	"net/http"
	"os"

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
	source    statuspage.Source
	reminders api.Reminders
	release   func() // gives up what idles; a reading under way may still end
}

func loadSettings(o *Options) (*settings, error) {
	c, err := loadConfig(o.ConfigFile)
	if err != nil {
		return nil, err
	}
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
	return &settings{config: c, source: source, reminders: reminders, release: source.Close}, nil
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

// loadConfig reads the file. No file means the defaults.
func loadConfig(file string) (*config.Config, error) {
	if file == "" {
		return config.Default(), nil
	}
	c, err := config.Load(file)
	if errors.Is(err, os.ErrNotExist) {
		return config.Default(), nil
	}
	return c, err
}
