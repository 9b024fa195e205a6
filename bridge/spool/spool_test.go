// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"crypto/sha256"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(tb testing.TB, o Options) *Spool {
	tb.Helper()
	if o.Path == "" {
		o.Path = tb.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := Open(o)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// say returns a submission to the recipients of the channel sms, or to "alice".
func say(text string, recipients ...string) Submission {
	if recipients == nil {
		recipients = []string{"alice"}
	}
	return Submission{Channel: "sms", Recipients: recipients, Digest: sha256.Sum256([]byte(text)), Payload: []byte(text), Accepted: time.Now()}
}

func accept(tb testing.TB, s *Spool, n Submission) Accepted {
	tb.Helper()
	a, err := s.Accept(tb.Context(), n)
	require.NoError(tb, err)
	return a
}

func take(tb testing.TB, s *Spool, from Lane) *Entry {
	tb.Helper()
	e, err := s.Take(from, true)
	require.NoError(tb, err)
	return e
}

// ended checks what Retry and Bury return of an entry that was not overtaken.
func ended(tb testing.TB) func(overtaken bool, err error) {
	tb.Helper()
	return func(overtaken bool, err error) {
		tb.Helper()
		require.NoError(tb, err)
		require.False(tb, overtaken)
	}
}

func alice() Lane { return Lane{"sms", "alice"} }

func bob() Lane { return Lane{"sms", "bob"} }

func TestOrder(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	require.Empty(t, s.Lanes())
	require.Nil(t, take(t, s, alice()))
	for _, text := range []string{"1", "2", "3"} {
		require.Equal(t, Accepted{}, accept(t, s, say(text, "bob", "alice")))
	}
	<-s.Changed()
	require.Equal(t, []Lane{alice(), bob()}, s.Lanes())
	first := take(t, s, alice())
	require.Equal(t, "1", string(first.Payload))
	require.Len(t, first.Key, 32)
	require.Equal(t, first, take(t, s, alice()), "the same until it is told what became of it")
	ended(t)(s.Retry(first.ID, false))
	again := take(t, s, alice())
	require.Equal(t, 2, again.Attempts)
	again.Attempts = 1
	require.Equal(t, first, again)
	require.NoError(t, s.Delivered(first.ID))
	require.ErrorIs(t, s.Delivered(first.ID), ErrGone)
	require.Equal(t, "2", string(take(t, s, alice()).Payload))
	other := take(t, s, bob())
	require.Equal(t, "1", string(other.Payload), "another lane is not held up, or hurried")
	require.NotEqual(t, first.Key, other.Key)
}
