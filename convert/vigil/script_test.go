// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithoutEnd(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"":                       "",
		"exit 0":                 "exit 0",
		"  a\n    b\n\n  c \n  ": "  a\n    b\n\n  c \n",
		"a\n\t":                  "a\n",
		"a\n  b ":                "a\n  b ",
		"a\n\n":                  "a\n\n",
	} {
		require.Equal(t, want, withoutEnd(script), "%q", script)
	}
}
