// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
)

func TestLog(t *testing.T) {
	t.Parallel()
	require.Empty(t, slices.Collect(state.MakeLog(nil).All()))
	all := events()
	log := state.MakeLog(all)
	require.Equal(t, all, slices.Collect(log.All()))
	require.Less(t, len(log), 128)
	for e := range log.All() {
		require.Equal(t, all[0], e)
		break
	}
	back := state.MakeLog([]probe.Event{{After: -1, What: "x"}, {After: 1500, What: "y"}})
	require.Equal(t, []probe.Event{{What: "x"}, {After: time.Microsecond, What: "y"}}, slices.Collect(back.All()))
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	var many []probe.Event
	for range 64 {
		many = append(many, probe.Event{After: time.Hour, What: "redirected", Detail: strings.Repeat("ä", 5000)})
	}
	log := state.MakeLog(many)
	require.LessOrEqual(t, len(log), 1<<10)
	got := slices.Collect(log.All())
	require.Len(t, got, 3)
	require.Equal(t, strings.Repeat("ä", 128)+"…", got[2].Detail)
}

func FuzzLog(f *testing.F) {
	f.Add("connected", "127.0.0.1:80", int64(1500), "\x05abc")
	f.Fuzz(func(t *testing.T, what, detail string, after int64, garbage string) {
		packed := state.MakeLog([]probe.Event{{After: time.Duration(after), What: what, Detail: detail}, {What: "end"}})
		require.LessOrEqual(t, len(packed), 1<<10)
		if len(what)+len(detail) < 200 {
			got := slices.Collect(packed.All())
			require.Equal(t, []probe.Event{{
				After: max(time.Duration(after), 0).Truncate(time.Microsecond), What: what, Detail: detail,
			}, {What: "end"}}, got)
		}
		for e := range state.Log(garbage).All() { // it ends, and reads nothing beyond
			require.LessOrEqual(t, len(e.What)+len(e.Detail), len(garbage))
		}
	})
}
