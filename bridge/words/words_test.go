// SPDX-License-Identifier: Apache-2.0

package words

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"
)

// with returns words with a file of the user's.
func with(t *testing.T, log *bytes.Buffer, file string) (*Words, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "words.tmpl")
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	return New(Options{Files: []string{path}, PageURL: "https://status.example.com/", Logger: slog.New(slog.NewTextHandler(log, nil))})
}

func plain(t testing.TB) *Words {
	t.Helper()
	w, err := New(Options{PageTitle: "Example Status", PageURL: "https://status.example.com/", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return w
}

func TestUsersTemplates(t *testing.T) {
	t.Parallel()
	w, err := with(t, nil, `{{ define "bridge.what" }}Ouch{{ end }}{{ define "mine" }}{{ .Status | toUpper }} {{ .Kind }}{{ end }}`)
	require.NoError(t, err)
	n := notification(nodeSick(time.Now()))
	require.Regexp(t, `^web, sockets: Ouch since .*\n- Node sockets`, w.Text(Body, n))
	require.Equal(t, "FIRING changed", w.Text(`{{ template "mine" . }}`, n))
	require.Equal(t, "https://status.example.com/", w.Text(`{{ template "bridge.page_url" . }}`, n))
	require.Contains(t, w.Text(`{{ template "slack.default.title" . }}`, n), "[FIRING:1]", "Alertmanager's own are there")
	n.RouteLabels = template.KV{"team": "{{ now }}"}
	require.Equal(t, "{{ now }}.", w.Text(`{{ routeLabels "team" }}.{{ routeLabels "none" }}`, n))
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		`{{ define "bridge.what" }}{{ .Nothing.At }}{{ end }}`:              `can't evaluate field Nothing`,
		`{{ define "bridge.what" }}{{ template "gone" }}{{ end }}`:          `template "gone" not defined (filled in for a sick node)`,
		`{{ define "bridge.html" }}<a href="{{ end }}`:                      "ends in a non-text context",
		`{{ define "bridge.what" }}`:                                        "unexpected EOF",
		`{{ define "bridge.topic" }}{{ nothing }}{{ end }}`:                 `function "nothing" not defined`,
		`{{ define "bridge.text" }}{{ template "bridge.text" . }}{{ end }}`: "exceeded maximum template depth",
	} {
		_, err := with(t, nil, file)
		require.ErrorContains(t, err, want, file)
	}
	_, err := New(Options{Files: []string{filepath.Join(t.TempDir(), "words.tmpl")}})
	require.ErrorContains(t, err, "there is no file")
	_, err = New(Options{Files: []string{filepath.Join(t.TempDir(), "*.tmpl")}})
	require.NoError(t, err, "there may be some later")
	_, err = New(Options{Files: []string{"[.tmpl"}})
	require.ErrorContains(t, err, "syntax error in pattern")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := plain(t)
	for _, tmpl := range []string{Title, Body, Short, Markdown, Public, Topic, `{"text": {{ .Alerts | toJson }}}`, ""} {
		require.NoError(t, w.Check(tmpl), tmpl)
	}
	require.NoError(t, w.CheckHTML(HTMLBody))
	for tmpl, want := range map[string]string{
		`{{ .Alerts.Nothing }}`:                               "template: 1:10: at <.Alerts.Nothing>: can't evaluate field Nothing in type template.Alerts (filled in for a dead service)",
		`{{ template "bridge.titel" . }}`:                     `template: 1:12: at <{{template "bridge.titel" .}}>: template "bridge.titel" not defined (filled in for a dead service)`,
		`{{ if eq .Kind "reminder" }}{{ .Nothing }}{{ end }}`: "(filled in for a reminder)",
		`{{ if eq .Kind "startup" }}{{ .Nothing }}{{ end }}`:  "(filled in for a start)",
		`{{ if .Overtaken }}{{ .Nothing }}{{ end }}`:          "(filled in for a dead service)",
		`{{ if not .Firing }}{{ .Nothing }}{{ end }}`:         "(filled in for a service that is dead no more)",
		`{{ (index .Alerts 1).Status }}`:                      "error calling index",
		`{{ .Title`:                                           "template: 1: unclosed action",
		`{{ reReplaceAll "(" "" .Status }}`:                   "missing closing )",
		`{{ range 100000 }}too much{{ end }}`:                 "the text is longer than 64 KiB",
	} {
		require.ErrorContains(t, w.Check(tmpl), want, tmpl)
	}
	require.ErrorContains(t, w.CheckHTML(`<a href="{{ if .Firing }}">{{ end }}`), "branches end in different contexts")
}

// What breaks on some data is told in the default words, and logged once a minute.
func TestFallBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &bytes.Buffer{}
		w, err := with(t, log, `{{ define "bridge.what" }}{{ if .Labels.odd }}{{ slice "a" 2 }}{{ end }}Ouch{{ end }}`)
		require.NoError(t, err)
		odd := nodeSick(lunch())
		odd.Labels["odd"] = "yes"
		n := notification(odd)
		const title = "web, sockets: A node is sick since 12:27 UTC"
		require.Equal(t, title, w.Text(Title, n))
		require.Contains(t, w.Text(Body, n), title+"\n- Node sockets")
		require.Equal(t, title, w.Text(`{{ template "nowhere" }}`, n))
		require.Equal(t, "<b>"+title+"</b>", w.HTML(`<b>{{ template "bridge.title" . }}</b>`, n))
		require.Equal(t, title, w.HTML(`<b>{{ slice "a" 2 }}</b>`, n))
		_, err = w.TryText(Title, n)
		require.ErrorContains(t, err, "error calling slice")
		require.Equal(t, 5, strings.Count(log.String(), "can't be filled in"))
		w.Text(Title, n)
		require.Equal(t, 5, strings.Count(log.String(), "can't be filled in"))
		time.Sleep(time.Minute)
		w.Text(Title, n)
		require.Equal(t, 6, strings.Count(log.String(), "can't be filled in"))
	})
}

func TestTooLong(t *testing.T) {
	t.Parallel()
	w := plain(t)
	n := notification(nodeDead(time.Now()))
	const tmpl = `{{ range 10000000 }}é{{ end }}`
	text := w.Text(tmpl, n)
	require.Len(t, text, maxOutput+len("…"))
	require.True(t, strings.HasSuffix(text, "é…"))
	_, err := w.TryText(tmpl, n)
	require.ErrorIs(t, err, errTooLong)
	require.Regexp(t, "^api of web is dead", w.HTML("<p>"+tmpl+"</p>", n), "markup that is cut would be broken")
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w := plain(t)
	n := notification(nodeDead(time.Now()))
	want, html := w.Text(Body, n), w.HTML(HTMLBody, n)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if w.Text(Body, n) != want || w.HTML(HTMLBody, n) != html || w.Text("{{ slice .Status 9 }}", n) == "" {
					t.Error("the words are others")
				}
			}
		})
	}
	wg.Wait()
}

func TestOrder(t *testing.T) {
	t.Parallel()
	now := time.Now()
	n := notification(append(over(now, serviceDead(now)), foreign(now), replicaDead(now), nodeDead(now))...)
	given := n.Alerts[0]
	d := plain(t).data(n)
	var names []string
	for _, a := range d.Alerts {
		names = append(names, a.Labels["alertname"])
	}
	require.Equal(t, []string{"PharosNodeDead", "PharosReplicaDead", "DiskAlmostFull", "PharosServiceDead"}, names)
	require.Equal(t, given, n.Alerts[0], "the notification stays as it is")
	require.Equal(t, 1, d.More(), "the replica is within the node that is dead")
	require.Equal(t, 1, d.Over())
	require.False(t, d.Outage())
	require.Empty(t, plain(t).data(notification(foreign(now))).Affected().Names)
}

// What others say is never said in other words.
func TestWordsOfOthersStay(t *testing.T) {
	t.Parallel()
	w, now := plain(t), time.Now()
	for _, summary := range []string{"www.example.is is down", "/is/ is down", "Instance has been down for 5 minutes", "Certificate expires soon"} {
		a := foreign(now)
		a.Annotations["summary"] = summary
		require.Equal(t, "Resolved after 1 minute: db-1:9100: "+summary, w.Text(Title, notification(over(now, a)...)))
		a.StartsAt = time.Time{}
		require.Equal(t, "Resolved: db-1:9100: "+summary, w.Text(Title, notification(over(now, a)...)))
	}
}

func TestUnknownTimes(t *testing.T) {
	t.Parallel()
	w, now := plain(t), time.Now()
	dead := serviceDead(now)
	dead.StartsAt = time.Time{}
	require.Equal(t, "web is dead", w.Text(Title, notification(dead)))
	require.Equal(t, "Resolved: web was dead", w.Text(Title, notification(over(now, dead)...)))
	require.Regexp(t, "^web: works again\n", w.Text(Public, notification(over(now, dead)...)))
	again := reminder(now, 1)
	again.StartsAt, again.Labels["outage"] = time.Time{}, "soon"
	require.Equal(t, "Reminder 1: web is still dead", w.Text(Title, notification(again)))
	require.Equal(t, "Late: Reminder 1: web is still dead", w.With("", true).Text(Title, notification(again)))
	again.Annotations["description"] = "Since noon, for 30m 0s. Dead&#58; api." // as it is for Zulip
	require.Contains(t, w.Text(Body, notification(again)), "\n- Dead in web: api.\n")
	again.Annotations["description"] = "Something else."
	require.Contains(t, w.Text(Body, notification(again)), "\n- web is dead\n")
}

// One character that isn't among those of GSM makes an SMS twice as long.
func TestShortIsShort(t *testing.T) {
	t.Parallel()
	w, now := plain(t), time.Now()
	for name, n := range previews(now) {
		require.NotRegexp(t, "[^\\x00-\\x7f]", w.Text(Short, n), name)
	}
	long := inService(serviceDead(now), strings.Repeat("x ", 1000))
	require.Regexp(t, `x\.\.\. is dead since .*\nService (x )+x\.\.\.\n`, w.Text(Short, notification(long)))
}

func TestTopic(t *testing.T) {
	t.Parallel()
	w := plain(t)
	for _, blank := range []string{" ", "\u00a0", "\u3164"} {
		n := parsed(notification(inService(serviceDead(time.Now()), blank)))
		require.Equal(t, "PharosServiceDead", w.Text(Topic, n))
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for of, want := range map[time.Duration]string{
		0: "less than a minute", 29 * time.Second: "less than a minute", 30 * time.Second: "1 minute", 12 * time.Minute: "12 minutes",
		59*time.Minute + 29*time.Second: "59 minutes", 59*time.Minute + 40*time.Second: "1 hour", 118 * time.Minute: "1 h 58 min",
		149 * time.Minute: "2 h 29 min", 3 * time.Hour: "3 hours", 47 * time.Hour: "47 hours", 48 * time.Hour: "2 days", 240 * time.Hour: "10 days",
	} {
		require.Equal(t, want, duration(of), of)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	for address, plain := range map[string]bool{
		"https://grafana.example.com/d/x?var-service=web%20nodes&y=1#z": true,
		"http://[::1]:3000/":                               false, // brackets end links elsewhere
		"/d/pharos-service":                                false,
		"javascript:alert(1)":                              false,
		"https://user:secret@example.com/":                 false,
		"https://example.com/a b":                          false,
		"https://example.com/`":                            false,
		"https://":                                         false,
		"ftp://example.com/":                               false,
		"https://example.com/" + strings.Repeat("x", 2000): false,
		"": false,
	} {
		require.Equal(t, plain, IsPlainURL(address), address)
	}
}
