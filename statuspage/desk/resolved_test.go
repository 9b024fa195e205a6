// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

func TestResolvedTwice(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	i := e.open(t)
	say := func(in desk.UpdateInput) error {
		e.now = e.now.Add(time.Minute)
		in.Text = new("Fixed.")
		changed, err := e.UpdateIncident(t.Context(), anna, i.ID, in)
		if err == nil {
			i = changed
		}
		return err
	}
	resolved := desk.UpdateInput{Phase: new(statuspage.Resolved)}
	again := func() error { return say(resolved) }
	const why = "the incident is resolved already; to say more of it leave out the phase, or edit the update that says so"
	require.NoError(t, say(resolved))
	over := i.Resolved
	require.NotEmpty(t, e.news(t))
	e.impossible(t, why, again)
	require.Empty(t, e.news(t), "nobody is told a second time")

	require.NoError(t, say(desk.UpdateInput{}), "more is said")
	require.Equal(t, statuspage.Resolved, i.Phase())
	require.Equal(t, over, i.Resolved)
	require.NoError(t, say(desk.UpdateInput{Phase: new(statuspage.Postmortem)}))
	e.impossible(t, why, again)
	require.NoError(t, say(desk.UpdateInput{Phase: new(statuspage.Monitoring)}))
	require.NoError(t, say(resolved), "it was open again")
}
