// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	electEvery = time.Second     // how often a process tries to lead, and looks whether it still does
	electSure  = 3 * time.Second // how long an answer to that may take
)

// A leadership is what one process has at a time. It is used by one goroutine.
type leadership struct {
	sure   func(ctx context.Context) error // whether it still has it
	resign func()
}

// Elect runs work while this process is the only one that does, and again when it
// has become that again, until ctx is done. The context of work ends when the
// process can no longer be sure. It is called once for each Store. It returns nil,
// once work has returned.
func (s *Store) Elect(ctx context.Context, work func(ctx context.Context)) error {
	again := time.NewTicker(electEvery)
	defer again.Stop()
	told := false
	for ctx.Err() == nil {
		err := s.lead(ctx, work)
		if err != nil && ctx.Err() == nil && !told {
			s.log.Warn("This instance can't take part in the election of the one that leads; it goes on trying", "err", err)
		}
		told = err != nil
		select {
		case <-ctx.Done():
		case <-again.C:
		}
	}
	return nil
}

// Leads tells whether work is running in this process.
func (s *Store) Leads() bool { return s.leads.Load() }

// lead waits until this process is the one, and works as long as it is. Its error is
// that of the election.
func (s *Store) lead(ctx context.Context, work func(ctx context.Context)) error {
	l, err := s.db.elect(ctx)
	if err != nil {
		return err
	}
	defer l.resign()
	s.log.Info("This instance leads")
	working, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	s.leads.Store(true)
	go func() {
		defer close(done)
		defer s.leads.Store(false)
		work(working)
	}()
	err = s.watch(ctx, l, done)
	stop()
	<-done
	if err != nil {
		s.log.Warn("This instance no longer leads", "err", err)
	}
	return nil
}

// watch returns when work is done, or when this process may no longer be the one.
func (s *Store) watch(ctx context.Context, l *leadership, done <-chan struct{}) error {
	look := time.NewTicker(electEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-done:
			return nil
		case <-look.C:
		}
		bounded, cancel := context.WithTimeout(ctx, electSure)
		err := l.sure(bounded)
		cancel()
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("see whether it still does: %w", err)
		}
	}
}

// untilWon tries until it wins.
func untilWon(ctx context.Context, try func() (bool, error)) error {
	again := time.NewTicker(electEvery)
	defer again.Stop()
	for {
		if won, err := try(); err != nil || won {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

// lockFolder waits until this process is the one that leads in a folder of this
// machine, by a lock that ends with the process.
func lockFolder(ctx context.Context, folder string) (*leadership, error) {
	f, err := os.OpenFile(filepath.Join(folder, "statuspage.leader"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = untilWon(ctx, func() (bool, error) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
	}
	return &leadership{
		sure:   func(context.Context) error { return nil },
		resign: func() { _ = f.Close() }, // nothing was written
	}, nil
}
