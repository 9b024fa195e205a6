// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

func FuzzCodec(f *testing.F) {
	day := map[status.NodeID]statuspage.Minutes{{Service: "web", Node: "a"}: {1, 1439}, {Service: "web"}: {0, 1440}, {Service: "é"}: {4: 65535}}
	f.Add(appendDay(nil, day))
	f.Add(appendSpread(nil, spread{20000: day, -1: day}))
	f.Add([]byte{codecVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		one := newSink(1)
		if one.day(20000, b) == nil {
			again := newSink(1)
			require.NoError(t, again.day(20000, appendDay(nil, spreadOf(one.into)[20000])))
			require.Empty(t, cmp.Diff(one.into, again.into))
		}
		all := newSink(0)
		if all.spread(b) == nil {
			again := newSink(0)
			require.NoError(t, again.spread(appendSpread(nil, spreadOf(all.into))))
			require.Equal(t, all.into, again.into)
		}
	})
}

func TestCodecRefuses(t *testing.T) {
	t.Parallel()
	good := appendDay(nil, map[status.NodeID]statuspage.Minutes{{Service: "web", Node: "a"}: {1, 1439}})
	for _, b := range [][]byte{nil, {codecVersion + 1}, good[:len(good)-1], good[:3]} {
		require.ErrorIs(t, newSink(1).day(0, b), errCodec)
		require.ErrorIs(t, newSink(1).spread(b), errCodec)
	}
	require.NoError(t, newSink(1).day(0, good))
	require.Equal(t, int64(20000), dayOf(time.Unix(20000*secondsOfDay, 0)))
}
