// SPDX-License-Identifier: Apache-2.0

package statuspage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "web": "web", " two  words\n": "two words", "Logins \u202efail": "Logins fail", "a\u2066b\u2069c": "a b c",
		"pay\u200bpal\ufeff": "paypal", "\u2060": "", "bad\xff": "bad\uFFFD", "a\x00b": "a b", "\uFFFE": "", "a\u2028b": "a b",
		"👩\u200d💻": "👩\u200d💻", "می\u200cخواهم": "می\u200cخواهم", "שלום\u200f!": "שלום\u200f!", "\uFFFD": "\uFFFD",
	} {
		require.Equal(t, want, statuspage.Line(text), "%q", text)
		require.Equal(t, want, statuspage.Line(statuspage.Line(text)))
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "one\n\n\ttwo  three \n": "one\n\n\ttwo  three \n", "a\u202eb\u200bc\x07": "abc", "bad\xff": "bad\uFFFD", "\r\n": "\n",
	} {
		require.Equal(t, want, statuspage.Lines(text), "%q", text)
	}
}

// TestPageIsPlain: nothing that people or programs say turns the rest of the page.
func TestPageIsPlain(t *testing.T) {
	t.Parallel()
	const nasty, line, lines = "Logins \u202efail\n", "Logins fail", "Logins fail\n"
	in := input()
	in.Reading.Layout.Services[0].Label = nasty
	n := &in.Reading.Layout.Services[0].Nodes[0]
	n.Label, n.LinkLabel = nasty, nasty
	in.Incidents = []statuspage.Incident{{ID: "i", Title: nasty, Updates: []statuspage.Update{{Text: nasty}}}}
	in.Maintenances = []statuspage.Maintenance{{ID: "m", Title: nasty, Text: nasty, Updates: []statuspage.Update{{Text: nasty}}}}
	in.Announcements = []statuspage.Announcement{{ID: "a", Title: nasty, Text: nasty}}
	in.Corrections = []statuspage.Correction{{ID: "c", Reason: nasty, Components: []statuspage.Ref{{Service: "web"}}}}
	p := statuspage.Build(in)
	require.Equal(t, []string{line, line, line}, []string{p.Services[0].Label, p.Services[0].Nodes[0].Label, p.Services[0].Nodes[0].LinkLabel})
	require.Equal(t, []string{line, line, line, line}, []string{p.Incidents[0].Title, p.Maintenances[0].Title, p.Announcements[0].Title, p.Corrections[0].Reason})
	require.Equal(t, []string{lines, lines, lines, lines}, []string{p.Incidents[0].Updates[0].Text, p.Maintenances[0].Text, p.Maintenances[0].Updates[0].Text, p.Announcements[0].Text})
	require.Equal(t, nasty, in.Incidents[0].Updates[0].Text, "the input is not changed")
	require.Equal(t, nasty, in.Announcements[0].Title)
}
