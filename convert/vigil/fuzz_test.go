// SPDX-License-Identifier: Apache-2.0

package vigil_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/vigil"
)

// FuzzConvert has whatever is converted read by the programs.
func FuzzConvert(f *testing.F) {
	for name := range golden() {
		f.Add(read(f, name), "value", strings.HasPrefix(name, "local"))
	}
	f.Add([]byte(polled), "", false)
	f.Add([]byte(service+"mode = \"script\"\nscripts = [\"${V}\"]\n"), "a\n'''\"\x00", false)
	f.Fuzz(func(t *testing.T, text []byte, value string, local bool) {
		convertIt := vigil.Convert
		if local {
			convertIt = vigil.ConvertLocal
		}
		dir := t.TempDir()
		o := convert.Options{Dir: dir, Lookup: func(name string) (string, bool) {
			if v, ok := lookup(name); ok {
				return v, ok
			}
			return value, name == "V"
		}}
		checked(t, convertIt, text, o)
	})
}

// quoted matches the texts of the configuration with every setting.
var quoted = regexp.MustCompile(`"[^"\n]*"`)

// FuzzValue has any value of any setting, and what is converted read by the programs.
func FuzzValue(f *testing.F) {
	full := read(f, "full")
	places := quoted.FindAllIndex(full, -1)
	for i, value := range []string{
		"", " ", "on", "1e3", "~", "#", "a: b", "- a", "*a", "${V}", "$", "{{ .X }}", "a\nb", "\x00", "\u2028", strings.Repeat("é", 150),
		"../x", "http://a:b@c/?d#e", "https://[::1", "ssh://x", "http://a b/", "mailto:x", "@", "a@b", "[", "(?i", "\t x", "%zz", "%2F",
	} {
		f.Add(uint16(i), value)
	}
	f.Fuzz(func(t *testing.T, which uint16, value string) {
		at := places[int(which)%len(places)]
		text, err := json.Marshal(value)
		require.NoError(t, err)
		o := convert.Options{Dir: t.TempDir(), Lookup: lookup}
		checked(t, vigil.Convert, slices.Concat(full[:at[0]], text, full[at[1]:]), o)
	})
}

// checked converts a text, and has what is made of it read by the programs.
func checked(t *testing.T, convertIt conversion, text []byte, o convert.Options) {
	t.Helper()
	r, err := convertIt("a.cfg", text, o)
	if err != nil {
		require.ErrorAs(t, err, new(convert.Errors))
		require.Empty(t, r)
		return
	}
	put(t, o.Dir, r)
	if err := takes(o.Dir); err != nil {
		t.Fatalf("%v\n%s", err, shown(r))
	}
	again, err := convertIt("a.cfg", text, o)
	require.NoError(t, err)
	require.Equal(t, r, again)
}

// TestValues has each text of the configuration with every setting be each of some
// awkward ones.
func TestValues(t *testing.T) {
	t.Parallel()
	full := read(t, "full")
	for _, at := range quoted.FindAllIndex(full, -1) {
		for _, value := range []string{`"{{ .X }} $x ${y\n\u0000\u2028 é"`, `"https://a:b@c.example.com/{{?d#e%zz"`} {
			checked(t, vigil.Convert, slices.Concat(full[:at[0]], []byte(value), full[at[1]:]), convert.Options{Dir: t.TempDir(), Lookup: lookup})
		}
	}
}

func BenchmarkConvert(b *testing.B) {
	var text strings.Builder
	text.WriteString(head + "label = \"Web\"\n")
	for i := range 100 {
		fmt.Fprintf(&text, "[[probe.service.node]]\nid = \"n%d\"\nlabel = \"N\"\nmode = \"poll\"\nreplicas = [\n", i)
		for j := range 100 {
			fmt.Fprintf(&text, "  \"https://host-%d-%d.example.com/health\",\n", i, j)
		}
		text.WriteString("]\n")
	}
	data := []byte(text.String())
	for b.Loop() {
		if _, err := vigil.Convert("a.cfg", data, convert.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
