// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDuplicates(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	first := say("1")
	accept(t, s, first)
	later := func(d time.Duration) Submission {
		n := first
		n.Accepted = n.Accepted.Add(d)
		return n
	}
	duplicate := Accepted{Duplicate: true}
	require.Equal(t, duplicate, accept(t, s, first))
	require.Equal(t, duplicate, accept(t, s, later(25*time.Second-1)))
	require.Equal(t, duplicate, accept(t, s, later(-20*time.Second)), "the clock was set")
	on := first
	on.Digest, on.Repeats = say("repetition").Digest, true
	accept(t, s, on)
	on.Accepted = on.Accepted.Add(10*time.Second - 1)
	require.Equal(t, duplicate, accept(t, s, on))
	on.Accepted = on.Accepted.Add(1)
	require.Equal(t, Accepted{}, accept(t, s, on), "repeated on purpose")
	other := first
	other.Channel = "chat"
	require.Equal(t, Accepted{}, accept(t, s, other), "another channel has its own")

	s = crash(t, s)
	require.Equal(t, duplicate, accept(t, s, later(25*time.Second-1)), "they outlive a restart")
	require.Equal(t, Accepted{}, accept(t, s, later(25*time.Second)))
	require.Equal(t, duplicate, accept(t, s, later(40*time.Second)))
	require.Equal(t, Accepted{}, accept(t, s, later(-time.Hour)), "a clock that was wrong for hours makes no duplicates")
	require.Equal(t, 5, s.Figures()["sms"].Waiting)

	n := say("2")
	n.Accepted = first.Accepted.Add(time.Hour)
	accept(t, s, n)
	require.NoError(t, s.Probe())
	require.Len(t, s.onDisk(t).notes[0], 1, "those that are too old are forgotten")
	require.Len(t, s.words.queue, 1)
	require.Len(t, s.words.notes, 1)
}

// Of a group, only the last word may be repeated: what is told again after other word is
// news.
func TestDuplicatesOfAGroup(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	word := func(text, group string) Submission {
		n := say(text)
		n.Group = group
		return n
	}
	for i, text := range []string{"fires", "over", "fires", "over"} {
		require.Equal(t, Accepted{}, accept(t, s, word(text, "g")), i)
		require.Equal(t, Accepted{Duplicate: true}, accept(t, s, word(text, "g")), "from the next of the cluster")
		require.Equal(t, Accepted{Duplicate: i > 0}, accept(t, s, word("of another group", "h")))
		s = crash(t, s)
	}
	s.breakDisk(errBroken, false)
	_, err := s.Accept(t.Context(), word("fires", "g"))
	require.ErrorIs(t, err, errBroken)
	s.breakDisk(nil, false)
	require.Equal(t, Accepted{Duplicate: true}, accept(t, s, word("over", "g")), "what was not accepted is no word")
	require.NoError(t, s.Probe())
	require.Len(t, s.onDisk(t).notes[0], 2)
}

func TestNewerWord(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	word := func(text, group string) Submission {
		n := say(text)
		n.Group = group
		return n
	}
	accept(t, s, word("down", "g"))
	first := take(t, s, alice())
	require.False(t, s.Newer(first))
	accept(t, s, word("other", "h"))
	require.False(t, s.Newer(first))
	accept(t, s, word("up", "g"))
	require.True(t, s.Newer(first))
	ended(t)(s.Bury(first.ID, "refused", ""))
	require.NoError(t, s.Delivered(take(t, s, alice()).ID))
	up := take(t, s, alice())
	require.Equal(t, "up", string(up.Payload))
	require.NoError(t, s.Delivered(up.ID))
	s = crash(t, s)
	require.False(t, s.Newer(up))
	ended(t)(s.Revive(first.ID))
	down := take(t, s, alice())
	require.Equal(t, first.ID, down.ID)
	require.True(t, s.Newer(down), "however long ago it was told")
	require.NoError(t, s.Delivered(down.ID))
	require.Empty(t, s.index.newest, "it is known for no longer than it matters")
}

func TestFull(t *testing.T) {
	t.Parallel()
	s := open(t, Options{MaxWaiting: 3})
	reminder := say("reminder", "a", "b", "c")
	reminder.Topics = []string{"x"}
	accept(t, s, reminder)
	_, err := s.Accept(t.Context(), say("1"))
	require.ErrorIs(t, err, ErrFull)
	require.EqualError(t, err, "too much waits already: 3 messages to the channel sms")
	other := say("1")
	other.Channel = "chat"
	accept(t, s, other)
	newer := say("2", "a", "b", "c")
	newer.Voids = []string{"x"}
	require.Len(t, accept(t, s, newer).Overtaken, 3, "it takes the places of what it overtakes")
	e := take(t, s, Lane{"sms", "a"})
	ended(t)(s.Bury(e.ID, "refused", ""))
	accept(t, s, say("3"))
	_, err = s.Revive(e.ID)
	require.ErrorIs(t, err, ErrFull)
	require.EqualValues(t, 3, s.index.bytes)
}

// However many channels are stuck, there is room for others.
func TestFullOfBytes(t *testing.T) {
	t.Parallel()
	s := open(t, Options{MaxBytes: 1000})
	to := func(channel string, size int) Submission {
		n := say(channel + strconv.Itoa(size))
		n.Channel, n.Payload = channel, make([]byte, size)
		return n
	}
	_, err := s.Accept(t.Context(), to("stuck", 251))
	require.ErrorIs(t, err, ErrFull)
	reminder := to("stuck", 249)
	reminder.Topics = []string{"x"}
	accept(t, s, reminder)
	require.EqualValues(t, 249, s.Figures()["stuck"].Bytes)
	_, err = s.Accept(t.Context(), to("stuck", 2))
	require.EqualError(t, err, "too much waits already: 249 bytes to the channel stuck, while 751 are free for all")
	newer := to("stuck", 250)
	newer.Voids = []string{"x"}
	require.Len(t, accept(t, s, newer).Overtaken, 1, "it takes the bytes of what it overtakes")
	for i, most := range []int{187, 140, 105, 79, 59, 45, 33, 25} {
		channel := strconv.Itoa(i)
		_, err := s.Accept(t.Context(), to(channel, most+1))
		require.ErrorIs(t, err, ErrFull)
		accept(t, s, to(channel, most))
	}
	e := take(t, s, Lane{"0", "alice"})
	ended(t)(s.Bury(e.ID, "refused", ""))
	require.EqualValues(t, 187, s.Figures()["0"].Bytes)
	accept(t, s, to("0", 19))
	require.Equal(t, Figure{Waiting: 1, Oldest: s.Figures()["0"].Oldest, DeadLetters: 1, Bytes: 187 + 19}, s.Figures()["0"], "dead letters don't stop their channel")
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{})
		began := time.Now()
		for _, text := range []string{"1", "2", "3"} {
			accept(t, s, say(text))
			time.Sleep(time.Minute)
		}
		first := take(t, s, alice())
		ended(t)(s.Bury(first.ID, "refused", strings.Repeat("ä", 300)))
		_, err := s.Bury(first.ID, "refused", "")
		require.ErrorIs(t, err, ErrGone)
		time.Sleep(time.Minute)
		second := take(t, s, alice())
		ended(t)(s.Bury(second.ID, "expired", "no answer"))

		s = crash(t, s)
		letters := s.DeadLetters("sms")
		require.Equal(t, letters, s.DeadLetters(""))
		require.Empty(t, s.DeadLetters("chat"))
		require.Equal(t, DeadLetter{
			ID: second.ID, Lane: alice(), Key: second.Key, Accepted: began.Add(time.Minute).UTC(), Attempts: 1,
			Died: began.Add(4 * time.Minute).UTC(), Outcome: "expired", Reason: "no answer",
		}, letters[0])
		require.Equal(t, strings.Repeat("ä", 250)+"…", letters[1].Reason)
		payload, err := s.Payload(first.ID)
		require.NoError(t, err)
		require.Equal(t, "1", string(payload))
		require.Equal(t, Figure{Waiting: 1, Oldest: began.Add(2 * time.Minute).UTC(), DeadLetters: 2, Bytes: 3}, s.Figures()["sms"])

		time.Sleep(time.Hour)
		<-s.Changed()
		ended(t)(s.Revive(first.ID))
		<-s.Changed()
		_, err = s.Revive(first.ID)
		require.ErrorIs(t, err, ErrGone)
		require.NoError(t, s.Discard(second.ID))
		require.ErrorIs(t, s.Discard(second.ID), ErrGone)
		_, err = s.Payload(second.ID)
		require.ErrorIs(t, err, ErrGone)
		s = crash(t, s)
		again := take(t, s, alice())
		require.Equal(t, first.ID, again.ID, "before the third")
		require.Equal(t, began.UTC(), again.Accepted)
		require.Equal(t, time.Now().UTC(), again.Since)
		require.Equal(t, first.Key, again.Key)
		require.Equal(t, 1, again.Attempts)
		require.Equal(t, time.Now().UTC(), s.Figures()["sms"].Oldest)
	})
}

func TestDeadLettersAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := open(t, Options{MaxDeadLetters: 3, MaxBytes: 1000, KeepDeadLetters: 24 * time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		die := func(text, channel string) {
			n := say(text)
			n.Channel = channel
			accept(t, s, n)
			ended(t)(s.Bury(take(t, s, Lane{channel, "alice"}).ID, "refused", text))
			time.Sleep(time.Minute)
		}
		reasons := func() string {
			var all []byte
			for _, letter := range s.DeadLetters("") {
				all = append(all, letter.Reason[0])
			}
			return string(all)
		}
		for i := range 4 {
			die(strconv.Itoa(i), "sms")
		}
		require.Equal(t, "321", reasons(), "so many of a channel")
		die("a"+strings.Repeat("x", 200), "chat")
		die("b"+strings.Repeat("x", 197), "chat")
		require.Equal(t, "ba321", reasons())
		die("c"+strings.Repeat("x", 99), "chat")
		require.Equal(t, "cba3", reasons(), "half of the bytes of all")
		require.Equal(t, 3, strings.Count(log.String(), "level=WARN msg=\"Dropped an old dead letter\" channel=sms recipient=alice key="))
		time.Sleep(24*time.Hour - 4*time.Minute)
		require.Equal(t, "cba3", reasons())
		time.Sleep(time.Hour)
		require.Empty(t, reasons(), "they are kept for a day")
		stop()
		require.NoError(t, <-done)
		require.Zero(t, s.index.bytes)
		require.Zero(t, s.index.busy)
		require.Empty(t, crash(t, s).DeadLetters(""))
	})
}

// A payload is on disk once, however many recipients it has, and not in memory.
func TestPayloadsAreShared(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	payload := make([]byte, 1<<20)
	for i := range payload {
		payload[i] = byte(rand.Uint32())
	}
	n := say("")
	for i := range 100 {
		n.Recipients = append(n.Recipients, strconv.Itoa(i))
	}
	n.Payload = payload
	accept(t, s, n)
	info, err := os.Stat(s.file.Path())
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(4<<20))
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.Equal(t, payload, take(t, s, Lane{"sms", "99"}).Payload)
	for _, of := range s.index.submissions {
		require.Nil(t, of.payload)
	}
}

// The index of what waits is small, however much waits.
func BenchmarkBytesPerEntry(b *testing.B) {
	const many = 10_000
	for b.Loop() {
		s := open(b, Options{})
		before := heap()
		recipients := make([]string, 10)
		for i := range recipients {
			recipients[i] = "+4179000000" + strconv.Itoa(i)
		}
		for i := range many / len(recipients) {
			n := say(strconv.Itoa(i)+strings.Repeat("x", 2000), recipients...)
			n.Group = "{}:{service=\"" + strconv.Itoa(i) + "\"}"
			accept(b, s, n)
		}
		b.ReportMetric((heap()-before)/many, "B/entry")
		require.NoError(b, s.Close())
	}
}

func heap() float64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
