// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pharos-status/pharos/statuspage"
)

// Contents is what a page shows of the store, each newest first.
type Contents struct {
	Revision      int64
	Incidents     []statuspage.Incident // drafts too
	Maintenances  []statuspage.Maintenance
	Announcements []statuspage.Announcement
	Corrections   []statuspage.Correction
}

// Contents reads all of it at one moment. While the store is away it returns what
// was read last, by this process or by the one before it in the same folder, with ErrAway.
func (s *Store) Contents(ctx context.Context) (Contents, error) {
	last, current := s.known.contents()
	var fresh *Contents
	err := s.do(ctx, "read what the page shows", func(ctx context.Context) error {
		revision, err := readRevision(ctx, s.db.read)
		if err != nil || current && revision == last.Revision {
			return err
		}
		fresh, err = readContents(ctx, s.db)
		return err
	})
	switch {
	case err != nil:
		if !errors.Is(err, ErrAway) && ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", ErrAway, err) // the page goes on, whatever it is
		}
	case fresh != nil:
		last = *fresh
		s.remember(func(k *known) { k.setContents(last) })
	}
	return last.clone(), err
}

// Revision returns a number that grows with every change of the contents, made by
// whichever instance. It is cheap.
func (s *Store) Revision(ctx context.Context) (revision int64, err error) {
	err = s.do(ctx, "read the revision", func(ctx context.Context) error {
		revision, err = readRevision(ctx, s.db.read)
		return err
	})
	return revision, err
}

func readRevision(ctx context.Context, q querier) (revision int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT number FROM revision").Scan(&revision)
	return revision, err
}

// readContents reads everything in one snapshot.
func readContents(ctx context.Context, db database) (*Contents, error) {
	t, err := db.read.BeginTx(ctx, db.snapshot)
	if err != nil {
		return nil, err
	}
	defer t.Rollback() //nolint:errcheck // nothing was written
	var c Contents
	if c.Revision, err = readRevision(ctx, t); err != nil {
		return nil, err
	}
	if c.Incidents, err = documents(ctx, t, incidents, byStarted()); err != nil {
		return nil, err
	}
	if c.Maintenances, err = documents(ctx, t, maintenances, byStart()); err != nil {
		return nil, err
	}
	if c.Announcements, err = documents(ctx, t, announcements, byTime()); err != nil {
		return nil, err
	}
	if c.Corrections, err = documents(ctx, t, corrections, byCreated()); err != nil {
		return nil, err
	}
	return &c, nil
}

// clone returns a copy that shares nothing.
func (c Contents) clone() Contents {
	c.Incidents = slices.Clone(c.Incidents)
	for i := range c.Incidents {
		x := &c.Incidents[i]
		x.Components, x.Updates = slices.Clone(x.Components), slices.Clone(x.Updates)
	}
	c.Maintenances = slices.Clone(c.Maintenances)
	for i := range c.Maintenances {
		x := &c.Maintenances[i]
		x.Components, x.Cuts, x.Updates = slices.Clone(x.Components), slices.Clone(x.Cuts), slices.Clone(x.Updates)
	}
	c.Announcements = slices.Clone(c.Announcements)
	c.Corrections = slices.Clone(c.Corrections)
	for i := range c.Corrections {
		c.Corrections[i].Components = slices.Clone(c.Corrections[i].Components)
	}
	return c
}
