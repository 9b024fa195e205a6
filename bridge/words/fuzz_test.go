// SPDX-License-Identifier: Apache-2.0

package words

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/schema"
)

// FuzzWords fills in every default template with what hostile senders may send.
func FuzzWords(f *testing.F) {
	for _, n := range previews(time.Now()) {
		body, err := json.Marshal(n)
		require.NoError(f, err)
		f.Add(body)
	}
	w := plain(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := webhook.Parse(body)
		if err != nil {
			return
		}
		for _, tmpl := range []string{Title, Body, Short, Public, Topic, Markdown} {
			text, err := w.TryText(tmpl, n)
			require.NoError(t, err)
			require.NotEmpty(t, strings.TrimSpace(text))
			requireShowable(t, text)
		}
		require.NotContains(t, w.Text(Title, n), "\n")
		require.LessOrEqual(t, utf8.RuneCountInString(w.Text(Topic, n)), 60)
		requireInert(t, w.Text(Markdown, n))
		html, err := w.all.html(HTMLBody, w.data(n))
		require.NoError(t, err)
		requireHarmless(t, html)
	})
}

// FuzzHostile puts one text everywhere.
func FuzzHostile(f *testing.F) {
	for _, text := range []string{
		"@**all**", "`", "``` `", "1. a", "- a", "+", "#x", "a_b_", "[a](b)", "&#64;**all**", "&#6", "a.b", ":x:", "/me", "\\`", "<b>", "{{ . }}", "\\E", "\\Q", "é. (x)",
		strings.Repeat("@ ", 500), strings.Repeat("&#64;", 500), strings.Repeat("é", 700), "javascript:alert(1)", "https://a/`", "x\n\ny",
	} {
		f.Add(text)
	}
	w := plain(f)
	now := time.Now()
	f.Fuzz(func(t *testing.T, text string) {
		a := pharosAlert("PharosNodeDead", "critical", text, text, now, schema.Service, text, schema.Node, text, schema.Replica, text)
		a.Annotations["incident_url"], a.Annotations["runbook_url"] = text, "https://example.com/"+text
		b := pharosAlert(text, text, text, "", now, "instance", text, "job", text, text, text)
		delete(b.Annotations, "description")
		c, d := pharosAlert(alertReminder, "critical", text, text+" Dead: "+text, now, schema.Service, text), inService(serviceDead(now), "x"+text)
		c.Labels[schema.Notification] = schema.NotificationReminder
		e := pharosAlert(alertReplicaDead, "warning", text, text, now, schema.Service, "e", schema.Node, text, schema.Replica, text)
		for _, n := range []*webhook.Notification{
			notification(c), notification(d, c), notification(append(over(now, d), e)...), notification(over(now, e, e)...), notification(a, b), notification(b), notification(over(now, a, b)...), notification(append(over(now, a), b)...),
		} {
			n = parsed(n)
			requireInert(t, w.Text(Markdown, n))
			html, err := w.all.html(HTMLBody, w.data(n))
			require.NoError(t, err)
			requireHarmless(t, html)
			requireShowable(t, w.Text(Body, n))
		}
	})
}

// requireShowable fails if a text has what no message should.
func requireShowable(t *testing.T, text string) {
	t.Helper()
	require.LessOrEqual(t, len(text), maxOutput)
	require.True(t, utf8.ValidString(text))
	require.False(t, strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r)
	}), "%q", text)
}

// requireInert fails if a message in Markdown has other markup than that of the
// template: what is left once that, code and numbers of characters are taken out.
func requireInert(t *testing.T, text string) {
	t.Helper()
	for i, line := range strings.Split(text, "\n") {
		switch {
		case i == 0:
			require.True(t, strings.HasPrefix(line, "**") && strings.HasSuffix(line, "**"), line)
			line = strings.TrimSuffix(strings.TrimPrefix(line, "**"), "**")
		case strings.HasPrefix(line, "* "):
			line = line[2:]
		case strings.HasPrefix(line, "["):
			require.Regexp(t, `^(\[[A-Z][a-z ]+\]\(https?://[^ ()<>\[\]`+"`"+`]+\)( · |$))+$`, line)
			continue
		default:
			require.Empty(t, line)
		}
		left := regexp.MustCompile("`[^`]+`|&#[0-9]+;").ReplaceAllString(line, "x")
		require.NotRegexp(t, "[*@#<>\\[\\]`~|$\\\\{}^]|(^| )[_/]|[0-9A-Za-z]:[^ 0-9,;.:)=]|^([-+=]|[0-9]+[.)])|[A-Za-z0-9]\\.[A-Za-z]", left, "%q", line)
	}
}

// requireHarmless fails if a fragment of HTML has other elements than the template.
func requireHarmless(t *testing.T, html string) {
	t.Helper()
	left := regexp.MustCompile(`</?(p|strong|ul|li)>|<a href="https?://[^"<>\s]*">|</a>`).ReplaceAllString(html, "")
	require.False(t, strings.ContainsAny(left, "<>\""), left)
}

// Whoever follows a public account learns which services there are, and no more.
func TestPublicHidesWhatIsWithin(t *testing.T) {
	t.Parallel()
	w := plain(t)
	for name, n := range previews(time.Now()) {
		for i, a := range n.Alerts {
			for label := range a.Labels {
				if label != schema.Service && label != schema.Severity && label != schema.Notification && label != "alertname" {
					n.Alerts[i].Labels[label] = "internal"
				}
			}
			for annotation := range a.Annotations {
				n.Alerts[i].Annotations[annotation] = "internal"
			}
		}
		require.NotContains(t, w.Text(Public, n), "internal", name)
	}
}

func BenchmarkText(b *testing.B) {
	w, n := plain(b), previews(time.Now())["service-dead"]
	for b.Loop() {
		w.Text(Body, n)
	}
}

func BenchmarkHTML(b *testing.B) {
	w, n := plain(b), previews(time.Now())["service-dead"]
	for b.Loop() {
		w.HTML(HTMLBody, n)
	}
}

func BenchmarkMarkdownOfThousands(b *testing.B) {
	n := previews(time.Now())["service-dead"]
	for len(n.Alerts) < 10_000 {
		n.Alerts = append(n.Alerts, n.Alerts[1:]...)
	}
	w := plain(b)
	for b.Loop() {
		w.Text(Markdown, n)
	}
}
