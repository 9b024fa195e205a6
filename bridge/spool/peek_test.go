// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPeek(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	_, ok := s.Peek(alice())
	require.False(t, ok)
	accept(t, s, say("first"))
	accept(t, s, say("second"))
	head, ok := s.Peek(alice())
	require.True(t, ok)
	require.EqualValues(t, len("first"), head.Size)
	require.Equal(t, 2, head.Waiting)
	require.Zero(t, head.Attempts, "it was not taken")

	taken := take(t, s, alice())
	head, ok = s.Peek(alice())
	require.True(t, ok)
	want := *taken
	want.Payload = nil
	require.Equal(t, want, head.Entry, "what Take returned, until it is told what became of it")
	require.NoError(t, s.Delivered(taken.ID))
	head, _ = s.Peek(alice())
	require.EqualValues(t, len("second"), head.Size)
	require.Equal(t, 1, head.Waiting)
}
