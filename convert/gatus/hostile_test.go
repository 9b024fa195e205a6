// SPDX-License-Identifier: Apache-2.0

package gatus_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/gatus"
)

// hostile are values that are no good, or that YAML or a template takes for something
// else.
func hostile() []string {
	return []string{
		`"on"`, `"1e3"`, `"null"`, `null`, `"*lead"`, `"$${X}"`, `"{{ . }}"`, `"{{"`, `"🙂"`, `"a b"`, `"` + strings.Repeat("ä", 300) + `"`,
		`""`, `" "`, `"a\nb"`, `"\t"`, `"\x00"`, `"%"`, `"%zz"`, `"http://"`, `"http://[::1"`, `"http://a b/"`, `"icmp://"`, `"tcp://a"`, `"tcp://a:99999"`, `"ws://"`,
		`"http://ü.example/"`, `"https://u:p@h/#f"`, `"::1"`, `"a,b"`, `-1`, `0`, `1e9`, `true`, `[]`, `{}`, `[a]`, `{a: b}`, `"[STATUS] == pat(*)"`, `"[BODY].. == 1"`,
		`"[BODY][0].\" == 1"`, `"[BODY] == any(a, (b)"`, `"x == y"`, `"len([BODY]) > 1"`, `"has([BODY]) == true"`, `"[BODY].a == \u2028"`, `"#a:b"`, `"!"`, `"+41791234567"`, `"0s"`, `"1ns"`, `"99999h"`,
	}
}

// TestWhateverIsConvertedIsAccepted puts hostile values everywhere.
func TestWhateverIsConvertedIsAccepted(t *testing.T) {
	t.Parallel()
	full, err := os.ReadFile("testdata/full.yaml")
	require.NoError(t, err)
	value := regexp.MustCompile(`: ("[^"]*"|'[^']*'|[^\s,{}\[\]&]+)|"\[[^"]*"`)
	places := value.FindAllIndex(full, -1)
	runs := 15
	if n, err := strconv.Atoi(os.Getenv("HOSTILE_RUNS")); err == nil {
		runs = n
	}
	good := 0
	for seed := range runs {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		at := places[r.IntN(len(places))]
		put := hostile()[r.IntN(len(hostile()))]
		if full[at[0]] == ':' {
			put = ": " + put
		}
		text := string(full[:at[0]]) + put + string(full[at[1]:])
		dir := t.TempDir()
		began := time.Now()
		result, err := gatus.Convert("gatus.yml", []byte(text), convert.Options{Dir: filepath.Join(dir, "out"), Lookup: environment})
		require.Less(t, time.Since(began), 10*time.Second, put)
		if err != nil {
			require.ErrorContains(t, err, "gatus.yml:")
			continue
		}
		good++
		t.Run(string(full[at[0]:at[1]])+" → "+put, func(t *testing.T) {
			t.Parallel()
			accepted(t, dir, result)
		})
	}
	require.Positive(t, good)
}
