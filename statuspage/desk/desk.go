// SPDX-License-Identifier: Apache-2.0

// Package desk is what operators do: open and update incidents, plan maintenance,
// announce, correct. It checks what they say, completes it and changes the store.
// The manager API, the admin pages and the duties all work through it; who may do so
// is left to them.
package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Errors that callers tell apart; [Invalid] is another one, and store.ErrAway.
var (
	ErrNotFound = store.ErrNotFound
	ErrConflict = errors.New("changed meanwhile, or not possible now") // its errors say more, and how to go on
	ErrChanged  = errors.New("changed meanwhile")                      // an ErrConflict: somebody else was faster
)

// Options are what the desk works on.
type Options struct {
	Store   *store.Store             // required
	Layout  func() statuspage.Layout // what components there are; required
	Changed func()                   // called after each change; must not block; nil: nobody wants to know
	Now     func() time.Time         // nil: time.Now
}

// A Desk is safe for concurrent use. The author of a call is who is named in the
// journal. A call that returns an error has changed nothing, and a change is on disk
// before its call returns.
//
// While the store is away, each change and the reading of templates fails with
// store.ErrAway, and what is read otherwise is what was known, together with that error.
type Desk struct{ o Options }

// New returns a Desk.
func New(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	return &Desk{o}
}

// A conflict is an ErrConflict that says what to do.
type conflict string

func (c conflict) Error() string        { return string(c) }
func (c conflict) Is(target error) bool { return target == ErrConflict }

// An overtaken is an ErrChanged.
type overtaken string

func (o overtaken) Error() string        { return string(o) }
func (o overtaken) Is(target error) bool { return target == ErrChanged || target == ErrConflict }

// change runs f in a transaction. f may run more than once.
func (d *Desk) change(ctx context.Context, author string, f func(tx *store.Tx) error) error {
	if err := d.o.Store.Change(ctx, author, f); err != nil {
		return err
	}
	d.o.Changed()
	return nil
}

// changeOne runs f in a transaction if there can be something of that ID.
func (d *Desk) changeOne(ctx context.Context, author, id string, f func(tx *store.Tx) error) error {
	alien := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	if id == "" || len(id) > maxID || strings.ContainsFunc(id, alien) {
		return ErrNotFound // databases differ in what they make of such text
	}
	return d.change(ctx, author, f)
}

// unchanged returns a conflict if something was updated since the caller saw it.
func unchanged(seen *time.Time, updated time.Time) error {
	if seen != nil && !moment(*seen).Equal(updated) {
		return overtaken("somebody has changed it meanwhile; look at it again")
	}
	return nil
}

// now returns the time as the store keeps it.
func (d *Desk) now() time.Time { return moment(d.o.Now()) }

func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// newID returns an ID that nobody has. It means nothing.
func newID() string { return strings.ToLower(rand.Text()[:idLength]) }

// idLength has 60 bits of chance in it, and keeps permalinks short.
const idLength = 12

const maxID = 26

// newest returns a copy of the list, newest first.
func newest[T any](all []T, created func(T) time.Time) []T {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b T) int { return created(b).Compare(created(a)) })
	return all
}

// find returns the one that is meant, or ErrNotFound, unless err says that it may be
// there all the same.
func find[T any](all []T, err error, meant func(T) bool) (T, error) {
	if i := slices.IndexFunc(all, meant); i >= 0 {
		return all[i], err
	}
	var none T
	if err == nil {
		err = ErrNotFound
	}
	return none, err
}

// or returns what p points at, and other if it is nil.
func or[T any](p *T, other T) T {
	if p == nil {
		return other
	}
	return *p
}
