// SPDX-License-Identifier: Apache-2.0

package configfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
)

type edited struct {
	Match []configfile.Quoted `yaml:"match,flow"`
	Below []configfile.Item   `yaml:"below,omitempty"`
}

func TestEdit(t *testing.T) {
	t.Parallel()
	first := configfile.Item{Comment: "# First.\n# Of two lines.", Value: edited{
		Match: []configfile.Quoted{`a = "it's"`, "b"},
		Below: []configfile.Item{{Comment: "# Below.", Value: edited{Match: []configfile.Quoted{"c"}}}},
	}}
	last := configfile.Item{Comment: "# Last.", Value: edited{Match: []configfile.Quoted{"d"}}}
	const put = `    # First.
    # Of two lines.
    - match: ['a = "it''s"', 'b']
      below:
        # Below.
        - match: ['c']
`
	for name, tc := range map[string]struct{ before, after string }{
		"a list in lines": {
			"# Top.\n\n# Of the rest.\nrest: {a: b} # beside\nroute:\n  # Mine.\n  routes:\n    # The only one.\n    - x: 1\n",
			"# Top.\n\n# Of the rest.\nrest: {a: b} # beside\n\nroute:\n  # Mine.\n  routes:\n" + put + "    # The only one.\n    - x: 1\n    # Last.\n    - match: ['d']\n",
		},
		"a list between brackets": {
			"route: {receiver: a, routes: [{x: 1}]} # beside\nrest: 1\n",
			"# beside\nroute:\n  receiver: a\n  routes:\n" + put + "    - {x: 1}\n    # Last.\n    - match: ['d']\n\nrest: 1\n",
		},
		"no list":  {"route:\n  receiver: a\n", "route:\n  receiver: a\n  routes:\n" + put + "    # Last.\n    - match: ['d']\n"},
		"nothing":  {"route:\n", "route:\n  routes:\n" + put + "    # Last.\n    - match: ['d']\n"},
		"no file":  {"", "route:\n  routes:\n" + put + "    # Last.\n    - match: ['d']\n"},
		"an alias": {"a: &x {b: 1}\nroute: *x\n", "a: &x\n  b: 1\n  routes:\n" + put + "    # Last.\n    - match: ['d']\n\nroute: *x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := configfile.Parse("a.yml", []byte(tc.before))
			require.NoError(t, err)
			list := configfile.Path{"route", "routes"}
			require.NoError(t, f.Prepend(list, first))
			require.NoError(t, f.Append(list, last))
			require.NoError(t, f.Append(configfile.Path{"nowhere"}))
			got, err := f.Text()
			require.NoError(t, err)
			require.Equal(t, tc.after, string(got))
			again, err := configfile.Parse("a.yml", got)
			require.NoError(t, err)
			text, err := again.Text()
			require.NoError(t, err)
			require.Equal(t, string(got), string(text), "what is written is read back as it is")
		})
	}
}

func TestEditRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"route: [a]":              "a.yml:1: route: want a mapping",
		"\nroute: {routes: {}}\n": "a.yml:2: route.routes: want a list",
		"- a":                     "a.yml:1: want a mapping",
		// Whatever comes by a merge key would be hidden by a list of its own.
		"x: &x {routes: [a]}\nroute:\n  <<: *x\n":                      "a.yml:2: route.routes: comes by a merge key, <<, which can't be added to; write routes out here",
		"x: &x {routes: [a]}\nroute:\n  <<: [{b: 1}, *x]\n":            "a.yml:2: route.routes: comes by a merge key, <<, which can't be added to; write routes out here",
		"x: &x {routes: [a]}\ny: &y {<<: *x}\nroute: {<<: *y, b: 1}\n": "a.yml:3: route.routes: comes by a merge key, <<, which can't be added to; write routes out here",
		"x: &x {route: {routes: []}}\n<<: *x\n":                        "a.yml:1: route: comes by a merge key, <<, which can't be added to; write route out here",
	} {
		f, err := configfile.Parse("a.yml", []byte(text))
		require.NoError(t, err)
		require.EqualError(t, f.Append(configfile.Path{"route", "routes"}, configfile.Item{Value: 1}), want)
	}
}

func TestPeekPassesOverTheRest(t *testing.T) {
	t.Parallel()
	f, err := configfile.Parse("a.yml", []byte("a: 1\nb: [{c: 2, d: 3}]\n"))
	require.NoError(t, err)
	var v struct {
		B []struct {
			C int `yaml:"c"`
		} `yaml:"b"`
	}
	require.NoError(t, f.Peek(&v))
	require.Equal(t, 2, v.B[0].C)
	f, err = configfile.Parse("a.yml", []byte("b: x\n"))
	require.NoError(t, err)
	require.EqualError(t, f.Peek(&v), "a.yml:1: b: found a text, want a list")
}
