// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"time"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// TestAlert is the name of the alert of a test message.
const TestAlert = "PharosTest"

// Test returns a notification to try a channel with. It says that it is a test, and
// differs from those at other times.
func Test(channel string, now time.Time) *Notification {
	now = now.UTC()
	labels := template.KV{
		alertname: TestAlert, schema.Severity: "info", schema.Notification: schema.NotificationChange, schema.Channel: cleanLine(channel),
	}
	annotations := template.KV{
		"summary":     "This is a test: nothing is wrong.",
		"description": fmt.Sprintf("Somebody tries the channel %s. If you can read this, it works.", cleanLine(channel)),
	}
	n := &Notification{
		Data: &template.Data{
			Receiver: "test", Status: firing,
			Alerts: template.Alerts{{
				Status: firing, Labels: labels, Annotations: annotations, StartsAt: now, Fingerprint: fmt.Sprintf("%016x", now.UnixNano()),
			}},
			NotificationReason: "first notification", GroupLabels: template.KV{alertname: TestAlert},
			CommonLabels: labels, CommonAnnotations: annotations, RouteLabels: template.KV{},
		},
		Version: "4", GroupKey: fmt.Sprintf(`{}:{alertname=%q}`, TestAlert),
	}
	template.MarkRouteLabelsRendered(n.Data)
	return n
}
