// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"maps"

	"github.com/pharos-status/pharos/internal/app"
)

// bridgeCommand adds the subcommands of bridge.
func bridgeCommand(cli *app.Command, stdout, stderr io.Writer) actions {
	group := cli.Command("bridge", "Channels that notify people: try one, and see to what they gave up.")
	all := bridgeTest(group, stdout, stderr)
	maps.Copy(all, bridgeLetters(group, stdout))
	return all
}
