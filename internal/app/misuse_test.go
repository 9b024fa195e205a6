// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
)

func TestWhatWasMeant(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"chek":                  `expected command but got "chek"; did you mean check? Try pharos --help`,
		"nonsense":              `expected command but got "nonsense"; try pharos --help`,
		"--nope":                `unknown long flag '--nope'; try pharos --help`,
		"check --onlin":         `unknown long flag '--onlin'; did you mean --online? Try pharos help check`,
		"check --vresion":       `unknown long flag '--vresion'; did you mean --version? Try pharos help check`,
		"check -x":              `unknown short flag '-x'; try pharos help check`,
		"check a":               `unexpected a; try pharos help check`,
		"silence ad":            `unexpected ad; did you mean add? Try pharos help silence`,
		"silence lisst":         `unexpected lisst; did you mean list? Try pharos help silence`,
		"silence --expird":      `unknown long flag '--expird'; did you mean --expired? Try pharos help silence`,
		"silence list --expird": `unknown long flag '--expird'; did you mean --expired? Try pharos help silence list`,
		"silence add":           `required flag --for not provided; try pharos help silence add`,
	} {
		var stderr strings.Builder
		c := app.NewCommand("pharos", "Help.", io.Discard, &stderr)
		c.Command("check", "Checks.").Flag("online", "Asks.").Bool()
		group := c.Command("silence", "Silences.")
		group.Command("list", "Lists.").Default().Flag("expired", "All.").Bool()
		group.Command("add", "Adds.").Flag("for", "How long.").Required().String()
		require.Equal(t, 2, c.Run(strings.Fields(args), func(string) error { return nil }), args)
		require.Equal(t, "pharos: "+want+"\n", strings.ReplaceAll(stderr.String(), "flag(s) '--for'", "flag --for"), args)
	}
}
