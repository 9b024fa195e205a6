// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// The rules in the repository are those of an empty alerting.yml.
func TestDefaultsAreTheRulesOfTheRepository(t *testing.T) {
	t.Parallel()
	files, err := generate.Rules(alerting.Default())
	require.NoError(t, err)
	require.Len(t, files, len(rules.Files()))
	for _, name := range rules.Files() {
		want, err := fs.ReadFile(rules.FS, name)
		require.NoError(t, err)
		require.Equal(t, string(want), string(files[name]), name)
	}
}

// A full alerting.yml becomes what a person reads with pleasure.
func TestFull(t *testing.T) {
	t.Parallel()
	c, err := alerting.Load("../alerting/testdata/full.yml")
	require.NoError(t, err)
	files, err := generate.Rules(c)
	require.NoError(t, err)
	require.Len(t, files, len(rules.Files())+1)
	testkit.Golden(t, "full.config.rules.yml", files[generate.ConfigFile])
	testkit.Golden(t, "full.reminders.rules.yml", files[generate.RemindersFile])

	base, err := os.ReadFile("testdata/alertmanager.yml")
	require.NoError(t, err)
	got, err := generate.Alertmanager(c, "alertmanager.yml", base)
	require.NoError(t, err)
	testkit.Golden(t, "full.alertmanager.yml", got)
}
