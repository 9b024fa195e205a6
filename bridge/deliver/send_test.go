// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/spool"
)

func TestNote(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 10, 3, 12, 1, 30, 0, time.UTC)
	zurich := time.FixedZone("CEST", 2*60*60)
	for _, c := range []struct {
		after time.Duration
		in    *time.Location
		want  string
	}{
		{6 * time.Minute, nil, "Told late: so it was at 12:01 UTC, 6 minutes ago."},
		{48 * time.Minute, time.UTC, "Told late: so it was at 12:01 UTC, 48 minutes ago."},
		{119 * time.Minute, zurich, "Told late: so it was at 14:01 CEST, 119 minutes ago."},
		{150 * time.Minute, nil, "Told late: so it was at 12:01 UTC, 2 hours ago."},
		{11 * time.Hour, zurich, "Told late: so it was on 3 October at 14:01 CEST, 11 hours ago."},
		{24 * time.Hour, nil, "Told late: so it was on 3 October at 12:01 UTC, 24 hours ago."},
		{80 * time.Hour, nil, "Told late: so it was on 3 October at 12:01 UTC, 3 days ago."},
	} {
		require.Equal(t, c.want, note(&spool.Entry{Accepted: noon, Since: noon}, noon.Add(c.after), c.in))
	}
	for after, want := range map[time.Duration]string{
		time.Minute:    "Sent again: so it was at 12:01 UTC.",
		48 * time.Hour: "Sent again: so it was on 3 October at 12:01 UTC, 2 days ago.",
	} {
		require.Equal(t, want, note(&spool.Entry{Accepted: noon, Since: noon.Add(time.Second)}, noon.Add(after), nil))
	}
	require.Empty(t, note(&spool.Entry{Accepted: noon, Since: noon}, noon.Add(time.Minute), nil))
}
