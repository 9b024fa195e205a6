// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/store"
)

// patience bounds every wait of these tests. It says nothing of speed.
const patience = 30 * time.Second

// A candidate takes part in elections. It sends each time it begins and ends to work.
type candidate struct {
	store        *store.Store
	begun, ended chan struct{}
	resign       func()
}

func stand(t testing.TB, s *store.Store) *candidate {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &candidate{store: s, begun: make(chan struct{}, 10), ended: make(chan struct{}, 10)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = s.Elect(ctx, func(ctx context.Context) {
			c.begun <- struct{}{}
			<-ctx.Done()
			c.ended <- struct{}{}
		})
	}()
	c.resign = func() {
		cancel()
		<-over
	}
	t.Cleanup(c.resign)
	return c
}

func wait(t testing.TB, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain")
	}
}

func testElection(t *fixture) {
	first := stand(t, t.store)
	wait(t, first.begun)
	require.True(t, first.store.Leads())
	second := stand(t, open(t, t.options))
	select {
	case <-second.begun:
		t.Fatal("two lead")
	case <-time.After(2 * time.Second): // it has tried by then
	}
	require.False(t, second.store.Leads())
	first.resign()
	require.False(t, first.store.Leads())
	wait(t, second.begun)
	require.True(t, second.store.Leads())
}

func TestElectOfWorkThatEnds(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Path: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	rounds := 0
	require.NoError(t, s.Elect(ctx, func(context.Context) {
		if rounds++; rounds == 2 {
			cancel()
		}
	}))
	require.Equal(t, 2, rounds)
	require.False(t, s.Leads())
}
