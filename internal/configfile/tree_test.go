// SPDX-License-Identifier: Apache-2.0

package configfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
)

func treeOf(t *testing.T, text string) (*configfile.Tree, error) {
	t.Helper()
	f, err := configfile.Parse("a.yml", []byte(text))
	require.NoError(t, err)
	return f.Tree()
}

// shown writes a tree on one line, each value with its line.
func shown(t *configfile.Tree) string {
	switch t.Tag {
	case "!!map":
		parts := make([]string, len(t.Keys))
		for i, key := range t.Keys {
			parts[i] = fmt.Sprintf("%s@%d=%s", key.Name, key.Line, shown(t.Items[i]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case "!!seq":
		parts := make([]string, len(t.Items))
		for i, item := range t.Items {
			parts[i] = shown(item)
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return fmt.Sprintf("%s@%d", strings.TrimPrefix(t.Tag, "!!")+":"+t.Text, t.Line)
}

func TestTree(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1\nb: [x, 2.5, true, null]\n":                       "{a@1=int:1@1 b@2=[str:x@2 float:2.5@2 bool:true@2 null:null@2]}",
		"a: &x {b: 1}\nc: *x\n":                                 "{a@1={b@1=int:1@1} c@2={b@1=int:1@1}}",
		"d: &d {i: 1m, t: 5s}\ne:\n  <<: *d\n  i: 2m\n":         "{d@1={i@1=str:1m@1 t@1=str:5s@1} e@2={i@4=str:2m@4 t@1=str:5s@1}}",
		"x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\n": "{x@1={a@1=int:1@1} y@2={a@2=int:2@2 b@2=int:2@2} z@3={a@1=int:1@1 b@2=int:2@2}}",
		"\"on\": \"1\"\n":                                       "{on@1=str:1@1}",
	} {
		tree, err := treeOf(t, text)
		require.NoError(t, err, text)
		require.Equal(t, want, shown(tree), text)
	}
	empty, err := treeOf(t, "# nothing\n")
	require.NoError(t, err)
	require.Nil(t, empty)
}

func TestTreesAreBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 8 {
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	bomb := text.String()
	for text, want := range map[string]string{
		bomb: "the aliases make more than 2000000 values",
		"a: " + strings.Repeat("[", 150) + strings.Repeat("]", 150) + "\n": "a.yml:1: nested more than 100 levels deep",
		"a: 1\nb: 2\na: 3\n": "a.yml:3: the key stands in this mapping already",
		"a: 1\n<<: 3\n":      "a.yml:2: a merge key needs a mapping",
		"? [a]\n: 1\n":       "a.yml:1: the key is no text",
		"a: &a {b: *a}\n":    "a.yml:1: nested more than 100 levels deep",
	} {
		_, err := treeOf(t, text)
		require.ErrorContains(t, err, want)
	}
}
