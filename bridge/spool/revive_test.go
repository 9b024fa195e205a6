// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// bury makes a dead letter of what is next for alice.
func bury(t *testing.T, s *Spool) uint64 {
	t.Helper()
	e := take(t, s, alice())
	ended(t)(s.Bury(e.ID, "refused", ""))
	return e.ID
}

// However they are revived, they go in the order in which they were accepted, and what is
// being sent goes first.
func TestRevivedInOrder(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	var ids []uint64
	for i := range 4 {
		accept(t, s, say(strconv.Itoa(i)))
		ids = append(ids, bury(t, s))
	}
	accept(t, s, say("4"))
	accept(t, s, say("5"))
	require.Equal(t, "4", string(take(t, s, alice()).Payload))
	for _, i := range []int{3, 1, 2, 0} {
		ended(t)(s.Revive(ids[i]))
	}
	require.Equal(t, "4", string(take(t, s, alice()).Payload), "it is being sent")
	s = crash(t, s)
	require.Equal(t, "0", string(take(t, s, alice()).Payload))
	for i := range 6 {
		e := take(t, s, alice())
		require.Equal(t, strconv.Itoa(i), string(e.Payload))
		require.NoError(t, s.Delivered(e.ID))
	}
}

// A reminder of what is over by now is told to nobody.
func TestReviveOvertaken(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	repetition, reminder, change := say("repetition"), say("reminder"), say("change")
	repetition.Group, repetition.Topics = "g", []string{"group/g"}
	reminder.Outages = []string{"service/api", "service/web"}
	change.Group = "g"
	var ids []uint64
	for _, n := range []Submission{repetition, reminder, change} {
		accept(t, s, n)
		ids = append(ids, bury(t, s))
	}
	over := func(service string) {
		n := say("over "+service, "zoe")
		n.VoidsAll = []string{"service/" + service}
		accept(t, s, n)
	}
	over("api")
	s = crash(t, s)
	ended(t)(s.Revive(ids[1]))
	require.Equal(t, ids[1], bury(t, s), "web is dead still")
	newer := say("newer", "zoe")
	newer.Group, newer.Voids = "g", []string{"group/g"}
	s.breakDisk(errBroken, false)
	_, err := s.Accept(t.Context(), newer)
	require.ErrorIs(t, err, errBroken)
	s.breakDisk(nil, false)
	ended(t)(s.Revive(ids[0]))
	require.Equal(t, ids[0], bury(t, s), "what was not accepted overtakes nothing")
	accept(t, s, newer)
	over("web")

	s.breakDisk(errBroken, false)
	overtaken, err := s.Revive(ids[0])
	require.ErrorIs(t, err, errBroken)
	require.False(t, overtaken)
	s.breakDisk(nil, false)
	s = crash(t, s)
	require.Len(t, s.DeadLetters(""), 3)
	for _, id := range ids[:2] {
		overtaken, err = s.Revive(id)
		require.NoError(t, err)
		require.True(t, overtaken)
		_, err = s.Revive(id)
		require.ErrorIs(t, err, ErrGone)
	}
	ended(t)(s.Revive(ids[2]))
	require.True(t, s.Newer(take(t, s, alice())), "a change is told, calmly")
	require.Empty(t, crash(t, s).DeadLetters(""))
}
