// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// maxAlerts is how many alerts a notification may have.
const maxAlerts = 10_000

// Parse reads the body of a request, which the caller bounds. What makes no sense as
// a notification is an error, to be told to whoever sent it. Texts in it are cleaned:
// what would make them look like something else, or is too much, is taken out. What
// a newer Alertmanager may add is ignored.
func Parse(body []byte) (*Notification, error) {
	var b message
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, fmt.Errorf("read the notification: %w", err)
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	n := &Notification{
		Data: &template.Data{
			Receiver: cleanLine(b.Receiver), Status: b.Status, Alerts: template.Alerts(b.Alerts),
			NotificationReason: cleanLine(b.NotificationReason),
			GroupLabels:        b.GroupLabels.labels(), CommonLabels: b.CommonLabels.labels(),
			CommonAnnotations: b.CommonAnnotations.annotations(), RouteLabels: b.RouteLabels.labels(),
			ExternalURL: cleanLine(b.ExternalURL),
		},
		Version: b.Version, GroupKey: b.GroupKey, TruncatedAlerts: b.TruncatedAlerts,
	}
	// Alertmanager has filled them in: if templates did so again, whoever may post
	// could write templates.
	template.MarkRouteLabelsRendered(n.Data)
	return n, nil
}

// A message is a notification as it is sent.
type message struct {
	Version            string `json:"version"`
	GroupKey           string `json:"groupKey"`
	TruncatedAlerts    uint64 `json:"truncatedAlerts"`
	Receiver           string `json:"receiver"`
	Status             string `json:"status"`
	Alerts             alerts `json:"alerts"`
	NotificationReason string `json:"notification_reason"`
	GroupLabels        pairs  `json:"groupLabels"`
	CommonLabels       pairs  `json:"commonLabels"`
	CommonAnnotations  pairs  `json:"commonAnnotations"`
	RouteLabels        pairs  `json:"routeLabels"`
	ExternalURL        string `json:"externalURL"`
}

func (b *message) check() error {
	switch {
	case b.Version != "4":
		return fmt.Errorf("version is %.20q, want \"4\": this is not what Alertmanager's webhook sends", b.Version)
	case b.GroupKey == "":
		return errors.New("groupKey is missing: it tells what belongs together")
	case len(b.GroupKey) > maxGroupKey:
		return fmt.Errorf("groupKey has %d bytes, of which %d are allowed", len(b.GroupKey), maxGroupKey)
	case !isStatus(b.Status):
		return fmt.Errorf("status is %.20q, want \"firing\" or \"resolved\"", b.Status)
	case len(b.Alerts) == 0:
		return errors.New("alerts are missing: a notification has at least one")
	}
	return nil
}

func isStatus(s string) bool { return s == firing || s == resolved }

// alerts are read one by one, so that many that are next to empty don't take many
// times the memory of the body.
type alerts template.Alerts

// UnmarshalJSON implements json.Unmarshaler.
func (as *alerts) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.New("alerts are not a list")
	}
	for d.More() {
		if len(*as) == maxAlerts {
			return fmt.Errorf("more than %d alerts: set max_alerts in the receiver's webhook_configs", maxAlerts)
		}
		var a oneAlert
		if err := d.Decode(&a); err != nil {
			return fmt.Errorf("alert %d: %w", len(*as)+1, err)
		}
		if !isStatus(a.Status) {
			return fmt.Errorf("alert %d: status is %.20q, want \"firing\" or \"resolved\"", len(*as)+1, a.Status)
		}
		*as = append(*as, a.clean())
	}
	return nil
}

// A oneAlert is an alert as it is sent.
type oneAlert struct {
	Status       string    `json:"status"`
	Labels       pairs     `json:"labels"`
	Annotations  pairs     `json:"annotations"`
	StartsAt     time.Time `json:"startsAt"`
	EndsAt       time.Time `json:"endsAt"`
	GeneratorURL string    `json:"generatorURL"`
	Fingerprint  string    `json:"fingerprint"`
}

func (a oneAlert) clean() template.Alert {
	return template.Alert{
		Status: a.Status, Labels: a.Labels.labels(), Annotations: a.Annotations.annotations(),
		StartsAt: inRange(a.StartsAt), EndsAt: inRange(a.EndsAt),
		GeneratorURL: cleanLine(a.GeneratorURL), Fingerprint: cleanLine(a.Fingerprint),
	}
}

// inRange returns the time in UTC, or none if it has no year that could be written
// again there.
func inRange(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
