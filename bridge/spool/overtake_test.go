// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

func TestOvertaking(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	reminder := func(text, channel string, recipients ...string) Submission {
		n := say(text, recipients...)
		n.Channel = channel
		n.Topics = []string{"group/" + text, "service/web"}
		return n
	}
	accept(t, s, say("change"))
	accept(t, s, reminder("1", "sms", "alice", "bob", "carol"))
	accept(t, s, reminder("2", "sms"))
	accept(t, s, reminder("3", "chat", "room"))
	require.Equal(t, "1", string(take(t, s, bob()).Payload))
	require.Equal(t, "1", string(take(t, s, Lane{"sms", "carol"}).Payload))
	carol, err := s.Take(Lane{"sms", "carol"}, false)
	require.NoError(t, err)
	ended(t)(s.Retry(carol.ID, false))

	newer := reminder("4", "sms")
	newer.Voids = []string{"group/1", "group/2", "group/4"}
	require.Equal(t, []Lane{alice(), {"sms", "carol"}, alice()}, accept(t, s, newer).Overtaken, "on its channel, and what is being sent is not")
	over := say("over")
	over.VoidsAll = []string{"service/web", "service/mail"}
	require.Equal(t, []Lane{{"chat", "room"}, alice()}, accept(t, s, over).Overtaken, "everywhere")
	require.Equal(t, "1", string(take(t, s, bob()).Payload), "that is still being sent")
	s = crash(t, s)
	require.Equal(t, []Lane{alice()}, s.Lanes(), "it did not arrive in time")
	for _, text := range []string{"change", "over"} {
		e := take(t, s, alice())
		require.Equal(t, text, string(e.Payload), "changes are always told, in order")
		require.NoError(t, s.Delivered(e.ID))
	}
	require.Empty(t, s.index.submissions)
	require.Empty(t, s.index.topics)
}

// While it is being written that something is overtaken, its attempt may end.
func TestOvertakenWhileAttemptsEnd(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errBroken} {
		s := open(t, Options{})
		reminder := say("reminder", "alice", "bob", "carol")
		reminder.Topics = []string{"x"}
		accept(t, s, reminder)
		s.setRunning(true) // so that nobody waits for the write
		sending := map[Lane]uint64{}
		for _, at := range s.Lanes() {
			sending[at] = take(t, s, at).ID
		}
		writes, goOn := make(chan struct{}), make(chan struct{})
		s.turn <- struct{}{}
		s.update = func(fn func(*bolt.Tx) error) error {
			close(writes)
			<-goOn
			if failure != nil {
				return failure
			}
			return s.db.Update(fn)
		}
		<-s.turn
		done := make(chan Accepted)
		go func() {
			over := say("over", "zoe")
			over.VoidsAll = []string{"x"}
			a, err := s.Accept(t.Context(), over)
			if !errors.Is(err, failure) {
				t.Error(err)
			}
			done <- a
		}()
		<-writes
		ended(t)(s.Retry(sending[alice()], false))
		ended(t)(s.Bury(sending[bob()], "refused", ""))
		require.NoError(t, s.Delivered(sending[Lane{"sms", "carol"}]))
		require.Empty(t, s.Lanes(), "it is not known yet whether that is overtaken")
		close(goOn)
		a := <-done
		s.breakDisk(nil, false)
		if failure == nil {
			require.Equal(t, []Lane{alice()}, a.Overtaken)
			require.Equal(t, []Lane{{"sms", "zoe"}}, s.Lanes())
		} else {
			require.Equal(t, []Lane{alice()}, s.Lanes())
		}
		require.NoError(t, s.Probe())
		again := crash(t, s)
		require.Equal(t, s.Lanes(), again.Lanes())
		require.Len(t, again.DeadLetters(""), 1, "that was given up before")
		require.Len(t, again.index.submissions, len(s.index.submissions))
	}
}

// A reminder of several outages is overtaken when the last of them is over.
func TestOvertakingSeveralOutages(t *testing.T) {
	t.Parallel()
	over := func(text, outage string) Submission {
		n := say(text, "zoe")
		n.VoidsAll = []string{outage}
		return n
	}
	reminder := say("reminder", "alice", "bob")
	reminder.Topics, reminder.Outages = []string{"group/r"}, []string{"service/api", "service/db", "service/web"}
	s := open(t, Options{})
	accept(t, s, reminder)
	require.Empty(t, accept(t, s, over("1", "service/web")).Overtaken, "the others are dead still")
	s = crash(t, s)
	newer := say("newer", "alice")
	newer.Channel, newer.Voids = "chat", []string{"service/api"}
	require.Empty(t, accept(t, s, newer).Overtaken, "on its own channel")
	newer.Digest, newer.Channel = say("2").Digest, "sms"
	require.Empty(t, accept(t, s, newer).Overtaken)
	s = crash(t, s)
	bobs := take(t, s, bob())
	s.breakDisk(errBroken, false)
	_, err := s.Accept(t.Context(), over("3", "service/db"))
	require.ErrorIs(t, err, errBroken)
	s.breakDisk(nil, false)
	require.Empty(t, accept(t, s, over("4", "service/web")).Overtaken, "it was over before")
	require.Equal(t, []Lane{alice()}, accept(t, s, over("3", "service/db")).Overtaken)
	overtaken, err := s.Retry(bobs.ID, false)
	require.NoError(t, err)
	require.True(t, overtaken)
	require.Empty(t, s.index.topics)
	require.Empty(t, s.index.outages)
}

// A reminder that comes after the end of its outage is for nobody.
func TestLateReminder(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	noon := time.Now()
	over := say("over")
	over.VoidsAll, over.Accepted, over.Ended = []string{"web", "api"}, noon, noon.Add(-time.Minute)
	accept(t, s, over)
	s = crash(t, s)
	sent := 0
	reminder := func(began, accepted time.Time, outages ...string) Submission {
		sent++
		n := say("reminder "+strconv.Itoa(sent), "bob", "carol")
		n.Channel, n.Outages, n.Began, n.Accepted = "chat", outages, began, accepted
		return n
	}
	before := noon.Add(-time.Hour)
	late := reminder(before, noon.Add(time.Minute), "web", "api")
	require.Equal(t, []Lane{{"chat", "bob"}, {"chat", "carol"}}, accept(t, s, late).Overtaken)
	require.Equal(t, Accepted{Duplicate: true}, accept(t, s, late))
	require.Zero(t, s.Figures()["chat"])
	earlier := over
	earlier.Digest, earlier.Ended = say("again").Digest, before.Add(-time.Hour)
	accept(t, s, earlier)
	require.Len(t, accept(t, s, reminder(before, noon.Add(time.Minute), "web")).Overtaken, 2, "the last end counts")
	for name, n := range map[string]Submission{
		"another service":     reminder(before, noon, "web", "db"),
		"the next outage":     reminder(noon.Add(-time.Minute), noon, "web"),
		"who knows since":     reminder(time.Time{}, noon, "web"),
		"it was forgotten":    reminder(before, noon.Add(rememberEnds), "web"),
		"not about an outage": reminder(before, noon),
	} {
		require.Empty(t, accept(t, s, n).Overtaken, name)
	}
	require.Equal(t, 10, s.Figures()["chat"].Waiting)

	over.Digest, over.Ended = say("unknown").Digest, time.Time{}
	accept(t, s, over)
	require.Len(t, accept(t, s, reminder(noon.Add(-time.Minute), noon, "web")).Overtaken, 2, "it was over when that was told")
}

// What is overtaken while it is being sent does not come back.
func TestOvertakenWhileSending(t *testing.T) {
	t.Parallel()
	over := say("over", "zoe")
	over.VoidsAll = []string{"x"}
	reminder := say("reminder", "alice", "bob", "carol", "dave")
	reminder.Topics = []string{"x"}
	carol, dave := Lane{"sms", "carol"}, Lane{"sms", "dave"}
	s := open(t, Options{})
	accept(t, s, reminder)
	sending := map[Lane]uint64{}
	for _, at := range s.Lanes() {
		sending[at] = take(t, s, at).ID
	}
	s.breakDisk(errBroken, false)
	_, err := s.Accept(t.Context(), over)
	require.ErrorIs(t, err, errBroken)
	s.breakDisk(nil, false)
	ended(t)(s.Retry(sending[dave], false))
	require.Equal(t, sending[dave], take(t, s, dave).ID, "what was not accepted overtakes nothing")

	require.Empty(t, accept(t, s, over).Overtaken)
	require.Equal(t, []Lane{{"sms", "zoe"}}, crash(t, s).Lanes())
	require.NoError(t, s.Delivered(sending[alice()]), "it has arrived")
	overtaken, err := s.Retry(sending[bob()], true)
	require.NoError(t, err)
	require.True(t, overtaken)
	overtaken, err = s.Bury(sending[carol], "refused", "")
	require.NoError(t, err)
	require.True(t, overtaken)
	require.NoError(t, s.Skip(sending[dave]))
	require.Equal(t, []Lane{{"sms", "zoe"}}, s.Lanes())
	require.Empty(t, s.DeadLetters(""))
	require.Len(t, s.index.submissions, 1)
	require.Len(t, crash(t, s).index.submissions, 1)
}
