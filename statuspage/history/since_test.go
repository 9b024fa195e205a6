// SPDX-License-Identifier: Apache-2.0

package history_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

func TestSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{status: status.Healthy}
		k := keeper(t, f, &memory{})
		since, _ := refresh(t, k)
		require.Empty(t, since.Nodes)
		f.took()

		time.Sleep(15 * time.Second)
		died := time.Now()
		f.set(func() { f.status = status.Dead })
		since, _ = refresh(t, k)
		require.Equal(t, died, since.Nodes[api])
		require.Equal(t, died, since.Services["web"])
		require.Equal(t, died, since.Overall)
		require.Empty(t, f.took(), "it was seen")

		time.Sleep(time.Minute)
		f.set(func() { f.status = status.Sick })
		since, _ = refresh(t, k)
		require.Equal(t, died, since.Overall, "at least as bad as sick since then")

		time.Sleep(time.Minute)
		again := time.Now()
		f.set(func() { f.status = status.Dead })
		since, _ = refresh(t, k)
		require.Equal(t, again, since.Overall, "dead since now, though not well for longer")
		require.Equal(t, again, since.Nodes[api])
		require.Empty(t, f.took(), "all of it was seen")

		time.Sleep(time.Minute)
		f.set(func() { f.status = status.Healthy })
		since, _ = refresh(t, k)
		require.Zero(t, since.Overall)
	})
}

func TestSinceIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := today.Add(-time.Hour)
		f := &fakeSource{status: status.Dead, since: statuspage.Since{Nodes: map[status.NodeID]time.Time{api: before}}}
		k := keeper(t, f, &memory{})
		since, _ := refresh(t, k)
		require.Contains(t, f.took(), "Since")
		require.Equal(t, before, since.Nodes[api])
		require.Zero(t, since.Overall, "for longer than anybody can tell")
		time.Sleep(15 * time.Second)
		since, _ = refresh(t, k)
		require.Empty(t, f.took())
		require.Equal(t, before, since.Nodes[api])

		time.Sleep(10 * time.Minute)
		f.set(func() { f.since = statuspage.Since{} })
		since, _ = refresh(t, k)
		require.Contains(t, f.took(), "Since", "it may have been well meanwhile")
		require.Zero(t, since.Nodes[api], "nobody knows")
	})
}

// TestSinceOfWhatGetsBetter: what was sick before it was dead is asked for once.
func TestSinceOfWhatGetsBetter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hour, two := today.Add(-time.Hour), today.Add(-2*time.Hour)
		all := func(t time.Time) statuspage.Since {
			return statuspage.Since{Overall: t, Services: map[string]time.Time{"web": t}, Nodes: map[status.NodeID]time.Time{api: t}}
		}
		f := &fakeSource{status: status.Dead, since: all(hour)}
		k := keeper(t, f, &memory{})
		since, _ := refresh(t, k)
		require.Equal(t, hour, since.Overall)
		f.took()
		time.Sleep(15 * time.Second)
		f.set(func() { f.status, f.since = status.Sick, all(two) })
		since, _ = refresh(t, k)
		require.Contains(t, f.took(), "Since")
		require.Equal(t, two, since.Overall, "it was sick already")
		for _, st := range []status.Status{status.Dead, status.Sick} {
			time.Sleep(15 * time.Second)
			f.set(func() { f.status = st })
			since, _ = refresh(t, k)
		}
		require.Equal(t, two, since.Overall)
		require.Empty(t, f.took())
	})
}

// TestSinceFails: what could not be asked is asked again.
func TestSinceFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := today.Add(-time.Hour)
		f := &fakeSource{status: status.Dead, sinceErr: errDown, since: statuspage.Since{Overall: before}}
		k := keeper(t, f, &memory{})
		since, _ := refresh(t, k)
		require.Zero(t, since.Overall)
		f.set(func() { f.sinceErr = nil })
		time.Sleep(15 * time.Second)
		since, _ = refresh(t, k)
		require.Equal(t, before, since.Overall)
	})
}
