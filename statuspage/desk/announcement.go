// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// MaxAnnouncements is how many announcements there can be.
const MaxAnnouncements = 100

// Announcements returns all announcements, newest first.
func (d *Desk) Announcements(ctx context.Context) ([]statuspage.Announcement, error) {
	c, err := d.o.Store.Contents(ctx)
	return newest(c.Announcements, func(a statuspage.Announcement) time.Time { return a.Time }), err
}

// Announce publishes an announcement.
func (d *Desk) Announce(ctx context.Context, author string, in AnnouncementInput) (made statuspage.Announcement, err error) {
	err = d.change(ctx, author, func(tx *store.Tx) error {
		var f faults
		a := statuspage.Announcement{
			ID: newID(), Time: d.now(),
			Title: f.title("title", in.Title, "say in a few words what it is about"),
			Text:  f.text("text", in.Text, true),
		}
		if err := f.err(); err != nil {
			return err
		}
		if all, err := tx.Announcements(); err != nil {
			return err
		} else if len(all) >= MaxAnnouncements {
			return conflict(fmt.Sprintf("too many announcements: there are %d; retract one first", len(all)))
		}
		made = a
		if err := tx.PutAnnouncement(a); err != nil || !or(in.Notify, true) {
			return err
		}
		return tx.Tell(store.News{Kind: store.NewsAnnouncement, Subject: a.ID, Time: a.Time})
	})
	return onlyIf(made, err)
}

// Retract removes an announcement.
func (d *Desk) Retract(ctx context.Context, author, id string) error {
	return d.changeOne(ctx, author, id, func(tx *store.Tx) error { return tx.DeleteAnnouncement(id) })
}
