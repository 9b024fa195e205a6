// SPDX-License-Identifier: Apache-2.0

package gatus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/gatus"
	"github.com/pharos-status/pharos/internal/configdir"
	"github.com/pharos-status/pharos/internal/testkit"
)

func environment(name string) (string, bool) {
	value, ok := map[string]string{"COMPANY": "Example", "SLACK": "T0/B0/x", "KEY": "${X}"}[name]
	return value, ok
}

// accepted writes a result into a folder and has it read as Pharos does.
func accepted(t testing.TB, dir string, r convert.Result) {
	t.Helper()
	plan, err := convert.NewPlan(filepath.Join(dir, "out"), r)
	require.NoError(t, err)
	require.NoError(t, plan.Apply())
	require.NoError(t, configdir.Errors(configdir.All(plan.Dir)))
}

// told writes the notes a line each.
func told(notes []convert.Note) string {
	var b strings.Builder
	for _, n := range notes {
		fmt.Fprintf(&b, "%d %s: %s → %s: %s\n", n.Source.Line, n.Source.Key, n.Fit, n.To, n.Text)
	}
	return b.String()
}

func TestEverySetting(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/full.yaml")
	require.NoError(t, err)

	r, err := gatus.Convert("full.yaml", data, convert.Options{Dir: "/etc/pharos", Lookup: environment})
	require.NoError(t, err)
	for _, f := range r.Files {
		testkit.Golden(t, filepath.Join("full", f.Name), f.Data)
	}
	testkit.Golden(t, filepath.Join("full", "notes.txt"), []byte(told(r.Notes)))
	again, err := gatus.Convert("full.yaml", data, convert.Options{Dir: "/etc/pharos", Lookup: environment})
	require.NoError(t, err)
	require.Equal(t, r, again)

	dir := t.TempDir()
	r, err = gatus.Convert("full.yaml", data, convert.Options{Dir: filepath.Join(dir, "out"), Lookup: environment})
	require.NoError(t, err)
	accepted(t, dir, r)
}

// TestSecretsAreInTheirFiles has no secret anywhere but in files of mode 0600.
func TestSecretsAreInTheirFiles(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/full.yaml")
	require.NoError(t, err)
	r, err := gatus.Convert("full.yaml", data, convert.Options{Dir: "/etc/pharos", Lookup: environment})
	require.NoError(t, err)
	var open strings.Builder
	open.WriteString(told(r.Notes))
	for _, f := range r.Files {
		if !f.Secret {
			open.Write(f.Data)
		}
	}
	for _, secret := range []string{"T0/B0/x", "0123456789abcdef", "123:abc", "hunter2", "azGDO", "uQiRz", "sig=y", "syt_abc", "t0k", "tk_1", "key=y", "s3cret", "X-Api-Key", "pa$w", "potato"} {
		require.NotContains(t, open.String(), secret)
	}
}
