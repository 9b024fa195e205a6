// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestServerRestarts sends to a person and to a room while the server is ended and
// started again, as a caller does who tries again what was not acknowledged. Each
// message arrives, and none twice but those that the client was unsure of.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	const messages, restarts = 300, 3
	p := startProsody(t)
	c := p.client(t, "pharos@example.test", nil)
	alice := p.peer(t, "alice@example.test/a")
	to, delivered := mustJID(t, "alice@example.test"), make(chan int)
	doubts := map[string]int{}
	go func() {
		defer close(delivered)
		for i := range messages {
			id := fmt.Sprintf("%032d", i)
			for doubt := range retried(t, func(ctx context.Context) error {
				return c.Chat(ctx, to, Message{ID: id, Body: "text"})
			}) {
				if doubt {
					doubts[id]++
				}
			}
			delivered <- i
		}
	}()
	peers := []*peer{alice}
	for i := range delivered {
		if i%(messages/(restarts+1)) == 0 && i > 0 && len(peers) <= restarts {
			p.stop(t)
			p.start(t)
			peers = append(peers, p.peer(t, "alice@example.test/a"))
		}
	}
	if t.Failed() {
		return
	}
	times := map[string]int{}
	require.Eventually(t, func() bool {
		clear(times)
		for _, who := range peers {
			for _, e := range who.arrived(func(e *element) bool { return e.is(nsClient, "message") }) {
				times[e.get("id")]++
			}
		}
		return len(times) == messages
	}, 10*time.Second, 20*time.Millisecond, "messages were lost")
	for id, n := range times {
		require.LessOrEqual(t, n, 1+doubts[id], "message %s", id)
	}
}

// retried tries until an attempt succeeds, and yields for each that failed whether
// the message may have arrived.
func retried(t *testing.T, try func(ctx context.Context) error) func(yield func(bool) bool) {
	t.Helper()
	return func(yield func(bool) bool) {
		for ctx := within(t, time.Minute); ; {
			attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
			err := try(attempt)
			cancel()
			if err == nil {
				return
			}
			of, ok := errors.AsType[*Error](err)
			if ok && of.Refused || ctx.Err() != nil {
				t.Errorf("not delivered: %v", err)
				return
			}
			if !yield(ok && of.Unsure) {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// TestRoomAfterRestart sends to a room that has forgotten everybody.
func TestRoomAfterRestart(t *testing.T) {
	t.Parallel()
	p := startProsody(t)
	c := p.client(t, "pharos@example.test", nil)
	room := Room{JID: mustJID(t, "ops@rooms.test"), Nick: "pharos"}
	for _, id := range []string{"before", "after"} {
		alice := p.peer(t, "alice@example.test/a")
		alice.enter(t, "ops@rooms.test", "alice", "")
		for range retried(t, func(ctx context.Context) error {
			return c.GroupChat(ctx, room, Message{ID: id, Body: "text"})
		}) {
		}
		alice.message(t, id)
		p.stop(t)
		p.start(t)
	}
}
