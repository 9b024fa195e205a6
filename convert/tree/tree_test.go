// SPDX-License-Identifier: Apache-2.0

package tree_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/tree"
)

// TestPlacesAreWithoutTheFolder has comments and notes the same wherever the file is
// named from; errors name it as the user did.
func TestPlacesAreWithoutTheFolder(t *testing.T) {
	t.Parallel()
	d, err := tree.YAML("some/where/a.yml", []byte("items:\n- {url: b}\n"))
	require.NoError(t, err)
	item := d.Root.Get("items").Items()[0]
	item.Called("the \"first\"")
	require.Equal(t, convert.Source{File: "a.yml", Line: 2, Key: `items[0] "the \"first\"".url`}, item.Get("url").Source())

	item.Get("url").Fail("bad")
	_, err = d.Finish("")
	require.EqualError(t, err, `some/where/a.yml:2: items[0] "the \"first\"".url: bad`)
}

func TestUnknownKeysAreCompared(t *testing.T) {
	t.Parallel()
	d, err := tree.YAML("a.yml", []byte("intervall: 5s\nsomething: 1\nurl: b\nurls: c\n"))
	require.NoError(t, err)
	require.Nil(t, d.Root.Get("interval"))
	d.Root.Get("url").Exact("")
	notes, err := d.Finish("not known")
	require.NoError(t, err)
	var said []string
	for _, n := range notes {
		said = append(said, n.Source.Key+": "+n.Text)
	}
	require.Equal(t, []string{"intervall: did you mean interval? not known", "something: not known", "url: ", "urls: not known"}, said)
}

func TestControlCharacters(t *testing.T) {
	t.Parallel()
	_, err := tree.YAML("g.yml", []byte("a: b\nc: \x00\n"))
	require.ErrorContains(t, err, "g.yml:2: holds a control character")
}
