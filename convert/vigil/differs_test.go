// SPDX-License-Identifier: Apache-2.0

package vigil_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/vigil"
)

// converted converts a text, which has to be without errors.
func converted(t *testing.T, text string) convert.Result {
	t.Helper()
	r, err := vigil.Convert("a.cfg", []byte(text), convert.Options{Dir: "/etc/pharos", Lookup: lookup})
	require.NoError(t, err)
	return r
}

// file returns a file of a result, empty if there is none.
func file(r convert.Result, name string) convert.File {
	i := slices.IndexFunc(r.Files, func(f convert.File) bool { return f.Name == name })
	if i < 0 {
		return convert.File{}
	}
	return r.Files[i]
}

// note returns what is told of a setting, as its fit and its text.
func note(r convert.Result, key string) string {
	var all []string
	for _, n := range r.Notes {
		if n.Source.Key == key {
			all = append(all, n.Fit.String()+": "+n.Text)
		}
	}
	return strings.Join(all, "\n")
}

func TestMailGoesOn(t *testing.T) {
	t.Parallel()
	const mail = polled + "[notify.email]\nfrom = \"a@b\"\nto = \"c@d\"\nsmtp_encrypt = false\n"
	const password = "smtp_username = \"u\"\nsmtp_password = \"p\"\n"
	for _, test := range []struct{ more, tls, note string }{
		{"smtp_host = \"mail.example.com\"\n" + password, "require_tls: true", "Mail is sent encrypted alone now"},
		{"smtp_host = \"127.0.0.2\"\n" + password, "require_tls: true", "Mail is sent encrypted alone now"},
		{"smtp_host = \"mail.example.com\"\n", "require_tls: false", "Mail is not encrypted then"},
		{"smtp_host = \"mail.example.com\"\nsmtp_username = \"u\"\n", "require_tls: false", "Mail is not encrypted then"},
		{password, "require_tls: false", "Mail is not encrypted then"},
		{"smtp_host = \"::1\"\n" + password, "require_tls: false", "Mail is not encrypted then"},
	} {
		r := converted(t, mail+test.more)
		require.Contains(t, string(file(r, "alertmanager.yml").Data), test.tls, test.more)
		require.Contains(t, note(r, "notify.email.smtp_encrypt"), test.note, test.more)
	}
}

func TestSlack(t *testing.T) {
	t.Parallel()
	for host, ours := range map[string]bool{"hooks.slack.com": true, "hooks.slack-gov.com": true, "chat.example.com": false, "slack.com.example.com": false} {
		r := converted(t, polled+"[notify.slack]\nhook_url = \"https://"+host+"/x\"\n")
		require.Contains(t, string(file(r, "alertmanager.yml").Data), `username: ""`)
		require.Equal(t, ours, note(r, "notify.slack") == "", host)
	}
}

// TestScriptsAreSecret has them in no file that others may read, and as they are: an
// indentation may be in the middle of a text.
func TestScriptsAreSecret(t *testing.T) {
	t.Parallel()
	r := converted(t, service+"mode = \"script\"\nscripts = ['''\n   x=\"$(printf \"%s\" \"1\n   2\")\"\n   exit $(( ${#x} - 6 ))\n''']\n")
	exporter := file(r, "exporter.yml")
	require.True(t, exporter.Secret)
	require.Contains(t, string(exporter.Data), `
            script: |2
                 x="$(printf "%s" "1
                 2")"
                 exit $(( ${#x} - 6 ))
`)
}

func TestEmptyNodesAreLeftOut(t *testing.T) {
	t.Parallel()
	r := converted(t, polled+`[[probe.service.node]]
id = "later"
label = "Later"
mode = "script"
[[probe.service]]
id = "planned"
label = "Planned"
[[probe.service.node]]
id = "a"
label = "A"
mode = "poll"
replicas = []
`)
	require.NotContains(t, string(file(r, "exporter.yml").Data), "later")
	require.NotContains(t, string(file(r, "exporter.yml").Data), "planned")
	left := 0
	for _, n := range r.Notes {
		if n.Source.Line > strings.Count(polled, "\n") {
			require.Equal(t, convert.Missing, n.Fit, "%v", n)
			left++
		}
	}
	require.Equal(t, 2, left)
}

func TestNoManager(t *testing.T) {
	t.Parallel()
	r := converted(t, strings.Replace(polled, `manager_token = "long-enough", `, "", 1))
	require.NotContains(t, string(file(r, "statuspage.yml").Data), "manager")
	require.Contains(t, note(r, "server.manager_token"), "missing: There is none, so every call of the manager API is refused.")
}

// TestBadSecret has it told once.
func TestBadSecret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		polled + "[notify.slack]\n":                   "a.cfg:12: notify.slack.hook_url: is missing; Vigil needs it, too, so write it",
		strings.Replace(polled, "long-enough", "", 1): "a.cfg:1: server.manager_token: is empty, or has white space around it, which a file that holds a secret can't keep; choose another",
	} {
		_, err := vigil.Convert("a.cfg", []byte(text), convert.Options{})
		all, ok := errors.AsType[convert.Errors](err)
		require.True(t, ok)
		require.Len(t, all, 1)
		require.EqualError(t, all[0], want)
	}
}

func TestNoParallelism(t *testing.T) {
	t.Parallel()
	r := converted(t, polled+"[metrics]\npoll_parallelism = 4\nscript_parallelism = 2\n")
	require.NotContains(t, string(file(r, "exporter.yml").Data), "parallelism")
	require.Contains(t, note(r, "metrics.poll_parallelism"), "missing: Not needed")
	require.Contains(t, note(r, "metrics.script_parallelism"), "missing: Left out")
}
