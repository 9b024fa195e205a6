// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

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
