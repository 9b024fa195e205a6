// SPDX-License-Identifier: Apache-2.0

package gatus_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/gatus"
)

func TestBadFiles(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 8 {
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	bomb := text.String()
	const one = "endpoints:\n- name: a\n  url: %s\n"
	for text, want := range map[string]string{
		"":                              "g.yml: there is nothing in it",
		"- a\n":                         "g.yml:1: found a list, want a mapping",
		"a: \x00\n":                     "g.yml:1: holds a control character",
		"endpoints: [\n":                "g.yml:",
		"endpoints: []\n":               "g.yml: it has no endpoints that could be watched",
		bomb:                            "the aliases make more than",
		"a: \xff\n":                     "g.yml:1: not valid UTF-8",
		"endpoints:\n- url: http://a\n": "g.yml:2: endpoints[0]: the endpoint has no name",
		"endpoints:\n- name: a\n":       "g.yml:2: endpoints[0] \"a\": the endpoint has no url",
		fmt.Sprintf(one, "http://a") + "- {name: a, url: 'http://b'}\n":                          "g.yml:4: endpoints[1] \"a\": an endpoint of this group and name is in line 2 already",
		fmt.Sprintf(one, "${NOTHING}"):                                                           "g.yml:3: endpoints[0].url: environment variable NOTHING is not set",
		fmt.Sprintf(one, "tcp://a"):                                                              "g.yml:3: endpoints[0] \"a\".url: tcp needs a port",
		fmt.Sprintf(one, "http://a") + "  interval: often\n":                                     "g.yml:4: endpoints[0] \"a\".interval: found a text, want a duration",
		fmt.Sprintf(one, "http://a") + "  client: [a]\n":                                         "g.yml:4: endpoints[0] \"a\".client: found a list, want a mapping",
		fmt.Sprintf(one, "http://a") + "  conditions: ['[STATUS] is 200']\n":                     "g.yml:4: endpoints[0] \"a\".conditions[0]: not a condition",
		fmt.Sprintf(one, "http://a") + "  conditions: ['[STATUS] == 200', '[STATUS] == 404']\n":  "g.yml:4: endpoints[0] \"a\".conditions: no status from 200 to 599",
		fmt.Sprintf(one, "http://a") + "  method: 'G T'\n":                                       "g.yml:2: endpoints[0] \"a\": no request can be made of it",
		"alerting: {slack: {}}\n" + fmt.Sprintf(one, "http://a") + "  alerts: [{type: slack}]\n": "g.yml:1: alerting.slack: webhook-url is missing",
	} {
		r, err := gatus.Convert("g.yml", []byte(text), convert.Options{Dir: "/etc/pharos", Lookup: environment})
		require.ErrorContains(t, err, want)
		require.Empty(t, r)
	}
}

// BenchmarkConvert converts 10,000 replicas.
func BenchmarkConvert(b *testing.B) {
	var text strings.Builder
	text.WriteString("alerting: {slack: {webhook-url: 'https://h.example.com/x'}}\nendpoints:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "- {name: n%d, group: g%d, url: 'https://host-%d.example.com/', interval: 30s, conditions: ['[STATUS] == 200', '[RESPONSE_TIME] < 500'], alerts: [{type: slack}]}\n", i, i%100, i)
	}
	for b.Loop() {
		_, err := gatus.Convert("g.yml", []byte(text.String()), convert.Options{Dir: "/etc/pharos", Lookup: environment})
		require.NoError(b, err)
	}
}
