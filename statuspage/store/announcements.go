// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/statuspage"
)

// Limits of announcements: they are read by people, all of them on one page.
const (
	maxAnnouncements = 100
	maxTitle         = 200    // characters
	maxText          = 10_000 // characters
)

// Errors of the calls that change something. What they are wrapped in says more,
// in words for whoever called.
var (
	ErrInvalid  = errors.New("invalid announcement")
	ErrTooMany  = errors.New("too many announcements")
	ErrNotFound = errors.New("no such announcement")
)

// A record is an announcement as the file has it.
type record struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Text  string    `json:"text"`
	Time  time.Time `json:"time"`
}

// Announcements returns all announcements, newest first.
func (s *Store) Announcements() ([]statuspage.Announcement, error) {
	all := []statuspage.Announcement{}
	err := s.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketAnnouncements()).Cursor()
		for key, value := c.Last(); key != nil; key, value = c.Prev() {
			var r record
			if err := json.Unmarshal(value, &r); err != nil {
				return s.file.Damaged(err)
			}
			all = append(all, statuspage.Announcement(r))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read announcements: %w", err)
	}
	return all, nil
}

// Announce adds an announcement. It refuses one whose title or text is blank, too
// long or not valid UTF-8 with an ErrInvalid, and one too many with ErrTooMany.
func (s *Store) Announce(title, text string) (statuspage.Announcement, error) {
	if err := errors.Join(checkText("title", title, maxTitle), checkText("text", text, maxText)); err != nil {
		return statuspage.Announcement{}, err
	}
	r := record{ID: rand.Text(), Title: title, Text: text, Time: time.Now().UTC().Truncate(time.Millisecond)}
	value, err := json.Marshal(r)
	if err != nil {
		return statuspage.Announcement{}, fmt.Errorf("write an announcement: %w", err)
	}
	err = s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketAnnouncements())
		if b.Stats().KeyN >= maxAnnouncements {
			return fmt.Errorf("%w: there are %d; retract one first", ErrTooMany, maxAnnouncements)
		}
		n, err := b.NextSequence()
		if err != nil {
			return err
		}
		return b.Put(binary.BigEndian.AppendUint64(nil, n), value)
	})
	if err != nil {
		return statuspage.Announcement{}, fmt.Errorf("write an announcement: %w", err)
	}
	return statuspage.Announcement(r), nil
}

func checkText(what, text string, limit int) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("%w: the %s is empty", ErrInvalid, what)
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: the %s is not valid UTF-8", ErrInvalid, what)
	case utf8.RuneCountInString(text) > limit:
		return fmt.Errorf("%w: the %s is longer than %d characters", ErrInvalid, what, limit)
	}
	return nil
}

// Retract removes an announcement, or returns ErrNotFound.
func (s *Store) Retract(id string) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketAnnouncements()).Cursor()
		for key, value := c.First(); key != nil; key, value = c.Next() {
			var r record
			if err := json.Unmarshal(value, &r); err != nil {
				return s.file.Damaged(err)
			}
			if r.ID == id {
				return c.Delete()
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return fmt.Errorf("retract an announcement: %w", err)
	}
	return nil
}
