// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"strings"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// The severities that the bridge tells apart.
const (
	Critical = "critical"
	Warning  = "warning"
	Info     = "info"
)

// SeverityOf returns how severe an alert is: Critical, Warning or Info. Everybody's rules
// name severities their own way. What names none, or one that nobody knows, is a Warning:
// an alert that fires is told aloud unless its rule says that it only informs.
func SeverityOf(a template.Alert) string {
	switch strings.ToLower(strings.TrimSpace(a.Labels[schema.Severity])) {
	case Critical, "page", "error", "emergency", "high", "disaster", "alert", "fatal", "major":
		return Critical
	case Info, "none", "debug", "low", "notice", "information":
		return Info
	}
	return Warning
}
