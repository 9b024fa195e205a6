// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// transactions returns how many there were that wrote.
func transactions(s *Spool) int {
	var id int
	_ = s.db.View(func(tx *bolt.Tx) error { id = tx.ID(); return nil })
	return id
}

// crash returns a spool of what would be left if the program ended now.
func crash(t *testing.T, s *Spool) *Spool {
	t.Helper()
	left := t.TempDir()
	require.NoError(t, s.db.View(func(tx *bolt.Tx) error { return tx.CopyFile(fileIn(left).Path(), 0o600) }))
	return open(t, Options{Path: left})
}

func TestManyShareTheirWrites(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	const many = 200
	for i := range many {
		accept(t, s, say("before "+strconv.Itoa(i), strconv.Itoa(i)))
	}
	before := transactions(s)
	var wg sync.WaitGroup
	s.turn <- struct{}{} // a slow disk: all arrive while one write lasts
	for i := range many {
		wg.Go(func() {
			if _, err := s.Accept(t.Context(), say(strconv.Itoa(i))); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := s.Take(Lane{"sms", strconv.Itoa(i)}, true); err != nil {
				t.Error(err)
			}
		})
	}
	for s.waiting() < 2*many {
		require.Equal(t, many, s.Figures()["sms"].Waiting, "readers don't wait for the disk, and see nothing that is not on it")
	}
	<-s.turn
	wg.Wait()
	require.LessOrEqual(t, transactions(s)-before, 2)
	require.Equal(t, 2*many, s.Figures()["sms"].Waiting)
}

func (s *Spool) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// A busy lane costs one transaction a message: the mark of the next takes along what
// became of the one before.
func TestBusyLane(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	const many = 100
	for i := range many {
		accept(t, s, say(strconv.Itoa(i)))
	}
	before, began := transactions(s), time.Now()
	for range many {
		require.NoError(t, s.Delivered(take(t, s, alice()).ID))
	}
	byTime := int(time.Since(began) / writeWithin) // Run writes too, should this take long
	require.LessOrEqual(t, transactions(s)-before, many+byTime+1)
	stop()
	wg.Wait()
	require.Empty(t, crash(t, s).Lanes(), "Run has written the rest")
}

// What nobody waits for is on disk a moment later.
func TestRunWritesSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		for i := range 4 {
			accept(t, s, say(strconv.Itoa(i)))
		}
		before := transactions(s)
		require.NoError(t, s.Delivered(take(t, s, alice()).ID))
		require.NoError(t, s.Skip(take(t, s, alice()).ID))
		e, err := s.Take(alice(), false)
		require.NoError(t, err)
		ended(t)(s.Bury(e.ID, "refused", "no such number"))
		e, err = s.Take(alice(), false)
		require.NoError(t, err)
		ended(t)(s.Retry(e.ID, true))
		require.Equal(t, before+2, transactions(s), "the two marks")
		time.Sleep(writeWithin)
		synctest.Wait()
		require.Equal(t, before+3, transactions(s))
		again := crash(t, s)
		e = take(t, again, alice())
		require.Equal(t, "3", string(e.Payload))
		require.True(t, e.Unsure)
		require.Equal(t, 2, e.Attempts)
		require.Len(t, again.DeadLetters("sms"), 1)

		require.NoError(t, again.Close())
		stop()
		require.NoError(t, <-done)
		require.NoError(t, s.Delivered(take(t, s, alice()).ID))
		require.Empty(t, crash(t, s).Lanes(), "where Run does not run, the caller writes")
	})
}

// What was acknowledged is not lost if Run is not there to write it.
func TestCloseWrites(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	accept(t, s, say("1"))
	e := take(t, s, alice())
	s.setRunning(true)
	require.NoError(t, s.Delivered(e.ID))
	require.Len(t, crash(t, s).Lanes(), 1, "it is not on disk yet")
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.Empty(t, open(t, Options{Path: s.options.Path}).Lanes())

	_, err := s.Accept(t.Context(), say("2"))
	require.ErrorIs(t, err, ErrClosed)
	_, err = s.Take(alice(), false)
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, s.Delivered(e.ID), ErrClosed)
	require.ErrorIs(t, s.Probe(), ErrClosed)
}

// An entry of which a crash hid the outcome is unsure, if it was marked.
func TestCrashDuringAnAttempt(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	accept(t, s, say("1", "alice", "bob"))
	require.False(t, take(t, s, alice()).Unsure)
	_, err := s.Take(bob(), false)
	require.NoError(t, err)

	s = crash(t, s)
	e := take(t, s, alice())
	require.True(t, e.Unsure)
	require.Equal(t, 2, e.Attempts)
	require.False(t, take(t, s, bob()).Unsure)
	ended(t)(s.Retry(e.ID, false))
	require.True(t, take(t, crash(t, s), alice()).Unsure, "that attempt surely failed, and the one before may not have")
	bobs := take(t, s, bob()).ID
	ended(t)(s.Retry(bobs, false))
	require.False(t, take(t, s, bob()).Unsure)
	ended(t)(s.Retry(bobs, true))
	require.True(t, take(t, s, bob()).Unsure)
}

// While it is being written that an entry is overtaken, it can't be taken, nor what is
// behind it; nor can what overtakes it.
func TestTakeWhileOvertaken(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errBroken} {
		s := open(t, Options{})
		reminder := say("reminder")
		reminder.Topics = []string{"x"}
		accept(t, s, reminder)
		accept(t, s, say("change"))
		<-s.Changed()
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
		done := make(chan error)
		go func() {
			over := say("over", "alice", "bob")
			over.Voids = []string{"x"}
			_, err := s.Accept(t.Context(), over)
			done <- err
		}()
		<-writes
		require.Empty(t, s.Lanes())
		for _, from := range []Lane{alice(), bob()} {
			e, err := s.Take(from, false)
			require.NoError(t, err)
			require.Nil(t, e)
		}
		close(goOn)
		require.ErrorIs(t, <-done, failure)
		<-s.Changed()
		next, err := s.Take(alice(), false)
		require.NoError(t, err)
		if failure != nil {
			require.Equal(t, "reminder", string(next.Payload))
		} else {
			require.Equal(t, "change", string(next.Payload))
		}
	}
}

var errBroken = errors.New("no space left on device")

// breakDisk makes writes fail from now on, until it is called with nil. If the file is
// written, it is the last sync that fails.
func (s *Spool) breakDisk(err error, written bool) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.update = func(fn func(*bolt.Tx) error) error {
		if err != nil && !written {
			return err
		}
		return errors.Join(s.db.Update(fn), err)
	}
}

func TestDiskThatFails(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	overtaken := say("reminder")
	overtaken.Topics = []string{"service/web"}
	accept(t, s, overtaken)
	accept(t, s, say("dead", "bob"))
	ended(t)(s.Bury(take(t, s, bob()).ID, "expired", "time out"))
	letters, figures := s.DeadLetters(""), s.Figures()
	<-s.Changed()

	s.breakDisk(errBroken, false)
	newer := say("newer", "alice", "carol")
	newer.Voids = []string{"service/web"}
	_, err := s.Accept(t.Context(), newer)
	require.ErrorIs(t, err, errBroken)
	require.EqualError(t, s.Err(), "write "+s.file.Path()+": no space left on device")
	_, err = s.Take(alice(), true)
	require.ErrorIs(t, err, errBroken)
	_, err = s.Revive(letters[0].ID)
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, s.Discard(letters[0].ID), errBroken)
	require.ErrorIs(t, s.Probe(), errBroken)
	require.Equal(t, figures, s.Figures(), "nothing of it is visible")
	require.Equal(t, letters, s.DeadLetters(""))
	require.Equal(t, []Lane{alice()}, s.Lanes())
	e, err := s.Take(alice(), false)
	require.NoError(t, err)
	require.Equal(t, 1, e.Attempts)
	require.NoError(t, s.Delivered(e.ID), "what was sent is sent, whatever the disk says")
	require.Empty(t, s.Lanes())

	s.breakDisk(nil, false)
	require.Error(t, s.Err(), "nobody has tried yet")
	require.NoError(t, s.Probe())
	require.NoError(t, s.Err())
	require.Empty(t, crash(t, s).Lanes(), "what could not be written before has been")
	require.Equal(t, Accepted{}, accept(t, s, newer), "the same is no duplicate of what was not accepted")
	require.Len(t, crash(t, s).Lanes(), 2)
}

// If the disk fails at the very end, the file may have what was refused: memory must
// say the same, and a repetition must not be promised before the disk confirms it.
func TestDiskThatFailsAtTheEnd(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	s.breakDisk(errBroken, true)
	_, err := s.Accept(t.Context(), say("1"))
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, crash(t, s).Figures(), s.Figures())
	_, err = s.Accept(t.Context(), say("1"))
	require.ErrorIs(t, err, errBroken)
	_, err = s.Take(alice(), true)
	require.ErrorIs(t, err, errBroken)
	s.breakDisk(nil, false)
	require.Equal(t, Accepted{Duplicate: true}, accept(t, s, say("1")))
	require.NoError(t, s.Err())
	require.Equal(t, 1, take(t, s, alice()).Attempts)
}

// While the disk fails, Run tries again on its own.
func TestRunTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{})
		accept(t, s, say("1"))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		e := take(t, s, alice())
		s.breakDisk(errBroken, false)
		require.NoError(t, s.Delivered(e.ID))
		time.Sleep(time.Minute)
		require.ErrorIs(t, s.Err(), errBroken)
		s.breakDisk(nil, false)
		time.Sleep(retryWithin)
		synctest.Wait()
		require.NoError(t, s.Err())
		require.Empty(t, crash(t, s).Lanes())
		stop()
		require.NoError(t, <-done)
	})
}

// A panic of bbolt, at pages that make no sense, leaves nobody waiting.
func TestPanicWhileWriting(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	s.turn <- struct{}{}
	s.update = func(func(*bolt.Tx) error) error { panic("page 7: bad") }
	<-s.turn
	_, err := s.Accept(t.Context(), say("1"))
	require.EqualError(t, err, "write "+s.file.Path()+": "+s.file.Path()+" is damaged (its pages make no sense: page 7: bad); "+
		"move it away to start with no notification waiting, or restore it from a backup")
	require.Empty(t, s.Figures())
	s.breakDisk(nil, false)
	empty := say("1")
	empty.Payload = nil
	accept(t, s, empty)
	require.Empty(t, take(t, crash(t, s), alice()).Payload)
}

func TestAcceptGivesUpWaiting(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	s.turn <- struct{}{} // the disk hangs
	done := make(chan error)
	go func() {
		_, err := s.Accept(ctx, say("1"))
		done <- err
	}()
	for s.waiting() == 0 {
		s.Lanes()
	}
	cancel(errors.New("the client has gone"))
	require.EqualError(t, <-done, "wait for the disk: the client has gone")
	require.Zero(t, s.waiting())
	<-s.turn
	_, err := s.Accept(ctx, say("1"))
	require.EqualError(t, err, "wait for the disk: the client has gone")
	require.Empty(t, s.Lanes())
}
