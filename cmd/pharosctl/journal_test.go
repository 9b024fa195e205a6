// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	require.Equal(t, "Nothing was changed.\n", p.journal())
	id := matches(t, `^(\w+) is open`, p.run(0, "incident", "open", "API is slow", "-m", "x"))[0]
	p.run(0, "announce", "Soon", "-m", "x")
	lines := strings.Split(p.journal(), "\n")
	require.Regexp(t, `^TIME \(UTC\) +AUTHOR +ACTION +KIND +ID +TITLE$`, lines[0])
	require.Regexp(t, `^\S+ \S+ +Anna +\w+ +announcement +\w+ +Soon$`, lines[1])
	require.Regexp(t, `^\S+ \S+ +Anna +\w+ +incident +`+id+` +API is slow$`, lines[2])
	require.NotContains(t, p.journal("--subject="+id), "Soon")
	require.NotContains(t, p.journal("--limit=1"), "slow")

	var list struct{ Entries []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(p.journal("--subject="+id, "-o", "json")), &list))
	require.Len(t, list.Entries, 1)
	require.NotNil(t, list.Entries[0]["after"], "all that the API says")
}

// journal runs pharosctl journal, which knows no --author.
func (p *page) journal(args ...string) string {
	p.t.Helper()
	code, stdout, stderr := ctl(p.t, append([]string{"journal", "--url=" + p.url, "--token-file=" + p.token}, args...)...)
	require.Zero(p.t, code, stderr)
	return stdout
}

func TestLongJournal(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	for n := range maxPart + 20 {
		require.NoError(t, p.store.Change(t.Context(), "Anna", func(tx *store.Tx) error {
			return tx.PutTemplate(statuspage.Template{ID: "t", Name: fmt.Sprint("n", n)})
		}))
	}
	require.Equal(t, 1+maxPart+20, strings.Count(p.journal("--limit=0"), "\n"), "more than the API answers at a time")
	require.Equal(t, 1+maxPart+10, strings.Count(p.journal("--limit=1010"), "\n"))
	require.Equal(t, 1+50, strings.Count(p.journal(), "\n"))
}
