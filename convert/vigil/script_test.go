// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTidy(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"exit 0":                              "exit 0",
		"\n  a\n    b\n\n  c \n  ":            "a\n  b\n\nc\n",
		"a\n  b\n":                            "a\n  b\n",
		"\n\ta\n  b\n":                        "\ta\n  b\n",
		"\n  # it's\n  echo 'a'\n":            "# it's\necho 'a'\n",
		"\n  echo \"it's\" a#b'c'\n":          "echo \"it's\" a#b'c'\n",
		"\n  echo \\\"\n  b\n":                "echo \\\"\nb\n",
		"\n  echo 'a\n  b'\n":                 "\n  echo 'a\n  b'\n",
		"\n  echo '\"'\"\n  a\"\n":            "\n  echo '\"'\"\n  a\"\n",
		"\n  a\\\n  b\n":                      "\n  a\\\n  b\n",
		"\n  a\\ \n  b\n":                     "\n  a\\ \n  b\n",
		"\n  cat <<x\n  x\n":                  "\n  cat <<x\n  x\n",
		"\n  echo `a\n  b`\n":                 "\n  echo `a\n  b`\n",
		"\n  echo '\\'\n  echo \"\\\\\"\n  a": "echo '\\'\necho \"\\\\\"\na\n",
	} {
		require.Equal(t, want, tidy(script), "%q", script)
	}
}
