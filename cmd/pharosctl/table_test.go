// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTablesAreAligned(t *testing.T) {
	t.Parallel()
	rows := [][]cell{plain("NAME", "STATUS", "ID"), plain("日本語", "dead", "a"), plain("e\u0301te\u0301\x1b[31m", "", "b"), {{"x", ""}, {"sick", "33"}, {"c", ""}}}
	var out strings.Builder
	require.NoError(t, writeTable(&out, rows, 0))
	require.Equal(t, "NAME      STATUS  ID\n日本語    dead    a\ne\u0301te\u0301 [31m          b\nx         \x1b[33msick\x1b[0m    c\n", out.String())
}

func TestTablesAreCut(t *testing.T) {
	t.Parallel()
	rows := [][]cell{plain("NAME", "STATUS"), plain("a long name of a component", "dead"), plain("日本語の長い名前です長い", "sick")}
	for columns, want := range map[int]string{
		100: "NAME                        STATUS\na long name of a component  dead\n日本語の長い名前です長い    sick\n",
		26:  "NAME                STATUS\na long name of a …  dead\n日本語の長い名前…   sick\n",
		10:  "NAME\na long na…\n日本語の…\n",
	} {
		var out strings.Builder
		require.NoError(t, writeTable(&out, rows, columns))
		require.Equal(t, want, out.String(), columns)
	}
	require.NoError(t, writeTable(&strings.Builder{}, nil, 10))
}
