// SPDX-License-Identifier: Apache-2.0

package words

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Names are found in a template, and in those of files, but not in plain text.
func TestNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "own.tmpl")
	require.NoError(t, os.WriteFile(file, []byte("{{ define \"own\" }}.plain {{ range .Alerts }}{{\n.Annotations.of_a_file }}{{ end }}{{ end }}"), 0o600))
	w, err := New(Options{Files: []string{file}})
	require.NoError(t, err)
	names := w.Names(`.outside {{ .CommonLabels.own_label }} {{ index .CommonLabels "quoted_label" }}`)
	require.Subset(t, names, []string{"own_label", "quoted_label", "of_a_file"})
	require.NotContains(t, names, "outside")
	require.NotContains(t, names, "plain")
	require.IsIncreasing(t, names)
}
