// SPDX-License-Identifier: Apache-2.0

package gatus_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/gatus"
)

// converted returns the files of a configuration, and the notes as told writes them.
func converted(t *testing.T, text string) (files map[string]string, notes string) {
	t.Helper()
	r, err := gatus.Convert("some/where/g.yml", []byte(text), convert.Options{Dir: "/etc/pharos", Lookup: environment})
	require.NoError(t, err)
	files = map[string]string{}
	for _, f := range r.Files {
		files[f.Name] = string(f.Data)
	}
	require.NotContains(t, strings.Join([]string{files["exporter.yml"], files["alertmanager.yml"], told(r.Notes)}, ""), "some/where")
	accepted(t, t.TempDir(), r)
	return files, told(r.Notes)
}

const alertOfMail = "alerting: {email: {from: a@example.com, host: %, port: 587, to: b@example.com, password: %}}\nendpoints: [{name: a, url: 'http://a', alerts: [{type: email}]}]\n"

func TestMailGoesAsItDid(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		host, password string
		plain          bool
	}{
		{"localhost", "x", true}, {"127.0.0.1", "x", true}, {"mail.example.com", `""`, true}, {"mail.example.com", "x", false},
	} {
		text := strings.Replace(strings.Replace(alertOfMail, "%", tc.host, 1), "%", tc.password, 1)
		files, notes := converted(t, text)
		require.Equal(t, tc.plain, strings.Contains(files["alertmanager.yml"], "require_tls: false"), tc.host)
		require.Equal(t, tc.plain, strings.Contains(notes, "mail is not encrypted"), tc.host)
		require.Equal(t, !tc.plain, strings.Contains(notes, "has to have STARTTLS"), tc.host)
	}
}

func TestLengthOfTheBody(t *testing.T) {
	t.Parallel()
	const one = "endpoints: [{name: a, url: 'http://a', conditions: ['[STATUS] == 200', 'len([BODY]) %']}]\n"
	files, notes := converted(t, strings.ReplaceAll(one, "%", "> 0"))
	require.Contains(t, files["exporter.yml"], "fail_if_body_matches_regexp:\n        - \"^(\\\\[\\\\s*\\\\])?$\"")
	require.Contains(t, notes, "conditions[1]: exact")
	files, notes = converted(t, strings.ReplaceAll(one, "%", "< 10"))
	require.NotContains(t, files["exporter.yml"], "size(body)")
	require.Contains(t, notes, "conditions[1]: missing")
}

func TestThoseWhoWereToldOfSlowAnswersAreStill(t *testing.T) {
	t.Parallel()
	const one = "alerting: {slack: {webhook-url: 'https://h.example.com'}}\nendpoints: [{name: a, url: 'https://a', " +
		"conditions: ['[STATUS] == 200', '[RESPONSE_TIME] < 300', '[CERTIFICATE_EXPIRATION] > 48h'], alerts: [%]}]\n"
	files, notes := converted(t, strings.ReplaceAll(one, "%", "{type: slack, failure-threshold: 1}"))
	require.Contains(t, files["exporter.yml"], "timeout: 300ms")
	require.NotContains(t, files["exporter.yml"], "sick_after: 300ms")
	require.Contains(t, notes, "so they are dead")
	require.Contains(t, notes, "PharosNodeSick")
	require.Contains(t, files["alertmanager.yml"], "group_wait: 0s")

	files, notes = converted(t, strings.ReplaceAll(one, "%", "{type: slack, enabled: false}"))
	require.Contains(t, files["exporter.yml"], "sick_after: 300ms")
	require.NotContains(t, notes, "PharosNodeSick")
}

func TestMistakesAreFound(t *testing.T) {
	t.Parallel()
	_, notes := converted(t, "web: {address: 0.0.0.0, port: 8095}\ndebug: true\nalerting: {slak: {webhook-url: 'https://h.example.com'}}\n"+
		"endpoints: [{name: a, url: 'http://a', intervall: 5s, alerts: [{type: slack}]}]\n")
	for _, want := range []string{
		"web.port: differs → flag --web.listen-address=:8095: ",
		"debug: differs → flag --log.level=debug: ",
		"alerting.slak: missing → : did you mean slack? ",
		`endpoints[0] "a".intervall: missing → : did you mean interval? `,
		`endpoints[0] "a".alerts[0]: missing → : did you mean slak? `,
		`endpoints[0] "a".name: exact`,
	} {
		require.Contains(t, notes, want)
	}
	_, err := gatus.Convert("g.yml", []byte("- a\n"), convert.Options{Dir: "/etc/pharos", Lookup: environment})
	require.EqualError(t, err, "g.yml:1: found a list, want a mapping")
}

func TestAccentsAreFolded(t *testing.T) {
	t.Parallel()
	files, notes := converted(t, "endpoints: [{name: Läden & Söhne, url: 'http://a'}, {name: laden sohne, url: 'http://b'}]\n")
	require.Contains(t, files["exporter.yml"], "id: laden-sohne\n")
	require.Contains(t, notes, "its id is laden-sohne-2")
}
