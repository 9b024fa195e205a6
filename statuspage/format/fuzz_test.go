// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
)

// FuzzFormats lets every text of others be anything.
func FuzzFormats(f *testing.F) {
	for _, seed := range []string{"", "plain", nasty, "\xff\xfe", "a\r\nb", "]]>", "&#0;", "\u2028", "\x00", "1.", "-", "=", "```", "\\", "END:VCALENDAR\r\n", "x;y,z\\n", "é日本🙂 المساعدة"} {
		f.Add(seed)
	}
	all := formats()
	delete(all, "og.png") // its fonts have their own fuzzing
	f.Fuzz(func(t *testing.T, text string) {
		p := hostile(text)
		for name, format := range all {
			wellFormed(t, name, render(t, format, p, options()))
		}
	})
}

// FuzzRules lets the rule and the zone of a maintenance be anything.
func FuzzRules(f *testing.F) {
	f.Add("FREQ=WEEKLY;UNTIL=20270101", "Europe/Berlin")
	f.Add("FREQ=DAILY\r\nX:y", "../x")
	f.Add("UNTIL=;=;", "Asia/Kolkata")
	f.Fuzz(func(t *testing.T, rule, zone string) {
		p := mixed()
		for i := range p.Maintenances {
			p.Maintenances[i].RRule, p.Maintenances[i].TimeZone = rule, zone
		}
		checkCalendar(t, render(t, format.Calendar, p, options()))
	})
}

// FuzzRefs lets ids be anything: what the Statuspage format tells can be asked for.
func FuzzRefs(f *testing.F) {
	f.Add("web", "core")
	f.Add("a/b", "%2F")
	f.Fuzz(func(t *testing.T, service, node string) {
		if service == "" || node == "" || !utf8.ValidString(service) || !utf8.ValidString(node) {
			t.Skip() // label values are valid
		}
		p := statuspage.Page{Services: []statuspage.Service{{ID: service, Nodes: []statuspage.Node{{ID: node}}}}}
		var got struct{ Components []struct{ ID string } }
		require.NoError(t, json.Unmarshal(render(t, format.ComponentsJSON, p, options()), &got))
		ref := statuspage.Ref{Service: service, Node: node}
		render(t, format.Badge(ref, format.Flat), p, options())
		back, err := statuspage.ParseRef(got.Components[1].ID)
		require.NoError(t, err)
		require.Equal(t, ref, back)
	})
}
