// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
)

func TestNotesOfALargeConversionFitATerminal(t *testing.T) {
	t.Parallel()
	var r convert.Result
	for range 1000 {
		r.Notes = append(r.Notes, convert.Note{Fit: convert.Differs, Text: "this is so"}, convert.Note{Fit: convert.Missing, Text: "that is not"})
	}
	var bounded, whole strings.Builder
	tellNotes(&bounded, r, mostNotes)
	tellNotes(&whole, r, len(r.Notes))
	require.Equal(t, mostNotes, strings.Count(bounded.String(), "this is so"))
	require.Equal(t, mostNotes, strings.Count(bounded.String(), "that is not"))
	require.Contains(t, bounded.String(), "differs: 980 more, in MOVING.md")
	require.Equal(t, 1000, strings.Count(whole.String(), "that is not"))
	require.NotContains(t, whole.String(), "more, in")
}
