// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kingpin/v2"
	"github.com/stretchr/testify/require"
)

// TestExamplesFitATerminal looks at what help leaves as it is; it breaks other lines.
func TestExamplesFitATerminal(t *testing.T) {
	t.Parallel()
	var look func(group *kingpin.CmdGroupModel)
	look = func(group *kingpin.CmdGroupModel) {
		for _, cmd := range group.Commands {
			for line := range strings.Lines(cmd.Help) {
				if strings.HasPrefix(line, "  ") {
					require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSpace(line))+2, 80, line)
				}
			}
			look(cmd.CmdGroupModel)
		}
	}
	cli, _ := commandLine(io.Discard, io.Discard)
	look(cli.Model().CmdGroupModel)
}
