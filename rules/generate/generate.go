// SPDX-License-Identifier: Apache-2.0

// Package generate writes what the choices of alerting.yml become: rule files of
// Prometheus, and the routes, inhibit rules and time intervals of Alertmanager
// within the configuration that an operator has. It decides nothing at run time;
// evaluating and routing are left to those two.
package generate

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/pharos-status/pharos/rules"
	"github.com/pharos-status/pharos/rules/alerting"
)

// The files that are made from alerting.yml. The second one exists only if there is
// something to remind of.
const (
	ConfigFile    = "config.rules.yml"
	RemindersFile = "reminders.rules.yml"
)

// Rules returns every rule file by its name: those that come with Pharos, and those
// that are made from c. Their links to dashboards begin with the address of Grafana
// if c has one, and else with a slash.
func Rules(c *alerting.Config) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range rules.Files() {
		text, err := fs.ReadFile(rules.FS, name)
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		files[name] = text
	}
	files[ConfigFile] = config(c)
	files[NativeFile] = apdex(files[NativeFile], c)
	if c.Reminders != nil || c.Startup != nil {
		files[RemindersFile] = reminders(c)
	}
	for name, text := range files {
		files[name] = dashboardURL.ReplaceAll(text, []byte("${1}"+strings.ReplaceAll(c.GrafanaURL, "$", "$$")+"/d/"))
	}
	return files, nil
}

// dashboardURL matches the beginning of an annotation that leads to a dashboard.
var dashboardURL = regexp.MustCompile(`(?m)^( +dashboard_url: ['"]?)/d/`)
