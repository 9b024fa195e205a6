// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// setting returns the setting of a receiver in alertmanager.yml that does what
// somebody looks for in a kind of channel that there is not; empty if there is none.
func setting(kind string) string {
	switch name := strings.TrimSuffix(strings.ToLower(kind), "_configs"); name {
	case "discord", "email", "incidentio", "jira", "mattermost", "msteams", "opsgenie", "pagerduty",
		"rocketchat", "slack", "sns", "telegram", "victorops", "webex", "wechat":
		return name + "_configs"
	case "mail", "smtp":
		return "email_configs"
	case "msteamsv2", "teams":
		return "msteamsv2_configs"
	}
	return ""
}

// explained returns the error of a file, with better words about channels of kinds that
// Alertmanager has by itself.
func explained(f *configfile.File, err error) error {
	errs, ok := errors.AsType[configfile.Errors](err)
	var own struct {
		Channels []map[string]any `yaml:"channels"`
	}
	if !ok || f.Peek(&own) != nil {
		return err
	}
	for i, ch := range own.Channels {
		for _, kind := range slices.Sorted(maps.Keys(ch)) {
			if setting(kind) == "" {
				continue
			}
			better := f.Errorf(configfile.Path{"channels", i, kind},
				"Alertmanager sends this by itself; set %s in a receiver of alertmanager.yml", setting(kind))
			for j, e := range errs {
				if e.Line == better.Line && strings.HasPrefix(e.Msg, fmt.Sprintf("unknown key %q", kind)) {
					errs[j] = better
				}
			}
		}
	}
	return errs
}
