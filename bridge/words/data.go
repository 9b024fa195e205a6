// SPDX-License-Identifier: Apache-2.0

package words

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// The alerts of ours that say that something is dead, or sick.
const (
	alertServiceDead = "PharosServiceDead"
	alertNodeDead    = "PharosNodeDead"
	alertReplicaDead = "PharosReplicaDead"
	alertReminder    = "PharosReminder"
	alertNodeSick    = "PharosNodeSick"
)

// shown is how many alerts the default templates tell of.
const shown = 5

// Data are what templates are filled in with: the notification, with its alerts from
// the worst to the least, and what is known of the page.
type Data struct {
	*webhook.Notification

	PageTitle string
	PageURL   string // empty: nobody said so
	Note      string // a sentence about this message, such as that it comes late; usually empty
	Overtaken bool   // whether newer word of the group waits behind this

	firing int // how many alerts fire: they come first
}

// data returns the data of a notification, which stays as it is.
func (w *Words) data(n *webhook.Notification) Data {
	all := *n.Data
	all.Alerts = slices.Clone(n.Alerts)
	for i := range all.Alerts {
		a := &all.Alerts[i]
		a.StartsAt, a.EndsAt = in(webhook.Began(*a), w.o.Location), in(a.EndsAt, w.o.Location)
	}
	copied := *n
	copied.Data = &all
	return Data{
		Notification: &copied, PageTitle: w.o.PageTitle, PageURL: w.o.PageURL, Note: w.note, Overtaken: w.overtaken,
		firing: sortAlerts(all.Alerts),
	}
}

// sortAlerts puts the worst first; among equals that began first, or lasted longest. It
// returns how many fire.
func sortAlerts(alerts []template.Alert) (firing int) {
	type ranked struct {
		rank  int
		alert template.Alert
	}
	order := make([]ranked, len(alerts))
	for i, a := range alerts {
		order[i] = ranked{rank(a), a}
		if !isOver(a) {
			firing++
		}
	}
	slices.SortStableFunc(order, func(a, b ranked) int {
		switch x, y := a.alert, b.alert; {
		case a.rank != b.rank:
			return cmp.Compare(a.rank, b.rank)
		case isOver(x):
			return cmp.Compare(lasted(y), lasted(x))
		case x.StartsAt.Equal(y.StartsAt):
			return 0
		case earlier(x.StartsAt, y.StartsAt).Equal(x.StartsAt):
			return -1
		}
		return 1
	})
	for i := range order {
		alerts[i] = order[i].alert
	}
	return firing
}

func isOver(a template.Alert) bool { return a.Status == "resolved" }

// in returns the time in a location, and no time as it is.
func in(t time.Time, location *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(location)
}

// rank returns the place of an alert: what fires comes before what is over, then what
// is dead for all, then by severity.
func rank(a template.Alert) int {
	of := 2
	switch severity := webhook.SeverityOf(a); {
	case isOutage(a):
		of = 0
	case severity == webhook.Critical:
		of = 1
	case severity == webhook.Info:
		of = 3
	}
	if isOver(a) {
		of += 4
	}
	return of
}

// isOutage tells whether the alert says that a service is dead.
func isOutage(a template.Alert) bool {
	name := a.Labels["alertname"]
	return name == alertServiceDead || name == alertReminder
}

// Worst returns the alert that matters most.
func (d Data) Worst() template.Alert {
	if len(d.Alerts) == 0 {
		return template.Alert{}
	}
	return d.Alerts[0]
}

// Outage tells whether the worst is that a service is dead, or was.
func (d Data) Outage() bool { return isOutage(d.Worst()) }

// More returns how many alerts there are besides those that the title tells of that fire;
// if none fires, that are over. It counts what Alertmanager has left out.
func (d Data) More() int {
	telling := d.firing
	if telling == 0 {
		telling = len(d.Alerts)
	}
	return telling - d.told(telling) + d.left()
}

// Shown returns the alerts to be told of one by one, the worst of those that there
// are to tell of.
func (d Data) Shown() []template.Alert {
	alerts := d.listed()
	return alerts[:min(shown, len(alerts))]
}

// Hidden returns how many alerts there are to tell of besides those of Shown.
func (d Data) Hidden() int { return max(len(d.listed())-shown, 0) + d.left() }

// listed returns the alerts of which there is more to tell than the title does: not of
// one that is over, has started or says no more, nor of the end of reminders and starts.
func (d Data) listed() template.Alerts {
	switch kind := d.Kind(); {
	case len(d.Alerts) == 1 && (d.firing == 0 || kind == webhook.Startup || isBare(d.Alerts[0])):
		return nil
	case kind != webhook.Changed:
		return d.Alerts[:d.firing]
	}
	return d.Alerts
}

// Over returns how many alerts are over while others fire.
func (d Data) Over() int {
	if d.firing == 0 || d.Kind() != webhook.Changed {
		return 0
	}
	return len(d.Alerts) - d.firing
}

// Link returns the address in an annotation of the worst alert that has one, if it
// is one of the web that can be shown anywhere as it is; else nothing.
func (d Data) Link(annotation string) string {
	for _, a := range d.Alerts {
		if address := a.Annotations[annotation]; IsPlainURL(address) {
			return address
		}
	}
	return ""
}

// A Link leads to more about a notification.
type Link struct{ Name, URL string }

// Links returns where to read more: the status page and the incident; while it goes
// on, graphs and what to do, too, or where the alert comes from if nobody says more.
func (d Data) Links() []Link {
	all := []Link{{"Status page", d.PageURL}, {"Incident", d.Link("incident_url")}}
	if d.Firing() && d.Kind() != webhook.Startup {
		dashboard, runbook := d.Link("dashboard_url"), d.Link("runbook_url")
		all = append(all, Link{"Dashboard", dashboard}, Link{"What to do", runbook})
		if dashboard == "" && runbook == "" {
			all = append(all, Link{"Source", d.source()})
		}
	}
	return slices.DeleteFunc(all, func(l Link) bool { return l.URL == "" })
}

// source returns where the worst alert comes from, of those that say so, such as its
// expression in Prometheus; else nothing.
func (d Data) source() string {
	for _, a := range d.Alerts[:d.firing] {
		if IsPlainURL(a.GeneratorURL) {
			return a.GeneratorURL
		}
	}
	return ""
}

// left returns how many alerts Alertmanager has left out, as far as can be believed.
func (d Data) left() int { return int(min(d.TruncatedAlerts, 1_000_000)) }

// routeLabel is Alertmanager's function routeLabels, of labels that are filled in.
func (d Data) routeLabel(name string) string { return d.RouteLabels[name] }

// IsPlainURL tells whether a text is an address of the web that can be shown anywhere as
// it is: nothing in it is markup or a mention somewhere, nor a password.
func IsPlainURL(text string) bool {
	if len(text) > 2000 || strings.ContainsFunc(text, func(r rune) bool {
		return r >= utf8.RuneSelf || !isAlphanumeric(byte(r)) && !strings.ContainsRune("-._/:?#&=%+,;~", r)
	}) {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}
