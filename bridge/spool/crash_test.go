// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"maps"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A ledger notes what the callers of a spool were promised.
type ledger struct {
	mu       sync.Mutex
	accepted map[string]bool // lane and text
	told     map[string]bool // Delivered was called, or is about to be
}

func (l *ledger) note(in map[string]bool, at Lane, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in[at.Recipient+" "+text] = true
}

func (l *ledger) copy(of map[string]bool) map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(of)
}

// While many accept and many deliver, the file has at every moment all that was
// accepted and not delivered, in order.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	l := &ledger{accepted: map[string]bool{}, told: map[string]bool{}}
	ctx, stop := context.WithCancel(t.Context())
	var posters, workers sync.WaitGroup
	workers.Go(func() { _ = s.Run(ctx) })
	recipients := []string{"a", "b", "c"}
	for i := range 4 {
		posters.Go(func() {
			for j := range 50 {
				text := strconv.Itoa(i) + "/" + strconv.Itoa(j)
				if _, err := s.Accept(ctx, say(text, recipients...)); err != nil {
					t.Error(err)
				}
				for _, r := range recipients {
					l.note(l.accepted, Lane{"sms", r}, text)
				}
			}
		})
	}
	for i, r := range recipients {
		workers.Go(func() {
			for from := (Lane{"sms", r}); ctx.Err() == nil; {
				e, err := s.Take(from, i > 0)
				if err != nil {
					t.Error(err)
				}
				if e == nil {
					runtime.Gosched()
					continue
				}
				l.note(l.told, from, string(e.Payload))
				if err := s.Delivered(e.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 10 {
		accepted := l.copy(l.accepted)
		left := crash(t, s)
		told := l.copy(l.told)
		found := drain(t, left)
		for promised := range accepted {
			require.True(t, told[promised] || found[promised], "%s is lost", promised)
		}
	}
	posters.Wait()
	for len(s.Lanes()) > 0 {
		runtime.Gosched()
	}
	stop()
	workers.Wait()
	require.Len(t, l.told, 4*50*len(recipients))
}

// drain delivers all that waits, checks its order, and returns it.
func drain(t *testing.T, s *Spool) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, from := range s.Lanes() {
		last := map[string]int{}
		for e := take(t, s, from); e != nil; e = take(t, s, from) {
			poster, number, _ := strings.Cut(string(e.Payload), "/")
			n, err := strconv.Atoi(number)
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, last[poster], "out of order")
			last[poster] = n
			found[from.Recipient+" "+string(e.Payload)] = true
			require.NoError(t, s.Delivered(e.ID))
		}
	}
	return found
}
