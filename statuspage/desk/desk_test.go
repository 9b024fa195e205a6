// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

const anna = "Anna"

// An env is a desk over a real store, with a clock that stands.
type env struct {
	*desk.Desk
	store   *store.Store
	now     time.Time
	layout  statuspage.Layout
	changed int
}

func newEnv(t testing.TB) *env {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	e := &env{store: s, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	e.layout = statuspage.Layout{Services: []statuspage.ServiceLayout{
		{ID: "web", Nodes: []statuspage.NodeLayout{{ID: "api"}, {ID: "a/b"}}},
		{ID: "db", Nodes: []statuspage.NodeLayout{{ID: "one"}}},
	}}
	e.Desk = desk.New(desk.Options{
		Store: s, Changed: func() { e.changed++ }, Now: func() time.Time { return e.now },
		Layout: func() statuspage.Layout { return e.layout },
	})
	return e
}

// untouched runs f, which must change nothing.
func (e *env) untouched(t *testing.T, f func() error) error {
	t.Helper()
	before, err := e.store.Revision(t.Context())
	require.NoError(t, err)
	changed := e.changed
	result := f()
	after, err := e.store.Revision(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after, "the store was changed")
	require.Equal(t, changed, e.changed)
	require.Error(t, result)
	return result
}

// refused runs f, which must be refused because of one field.
func (e *env) refused(t *testing.T, field, problem string, f func() error) {
	t.Helper()
	var invalid desk.Invalid
	require.ErrorAs(t, e.untouched(t, f), &invalid)
	require.Equal(t, desk.Invalid{{Field: field, Problem: problem}}, invalid)
}

// impossible runs f, which must not be possible now.
func (e *env) impossible(t *testing.T, why string, f func() error) {
	t.Helper()
	err := e.untouched(t, f)
	require.ErrorIs(t, err, desk.ErrConflict)
	require.EqualError(t, err, why)
}

// news returns what subscribers are told, oldest first, and once.
func (e *env) news(t *testing.T) (all []store.News) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	const id = "reader"
	if _, err := e.store.Subscriber(ctx, id); err != nil {
		require.NoError(t, e.store.PutSubscriber(ctx, id, store.Subscriber{ID: id, Page: "main", Kind: store.ByEmail, Address: "r@example.com", Created: e.now, Confirmed: e.now.AddDate(-1, 0, 0)}))
	}
	_, err := e.store.Fan(ctx, func(n store.News, _ store.Subscriber) bool {
		all = append(all, n)
		return false
	})
	require.NoError(t, err)
	return all
}

// fill puts so many things into the store, some at a time: a change has to be quick.
func (e *env) fill(t *testing.T, count int, put func(tx *store.Tx, n int) error) {
	t.Helper()
	for first := 0; first < count; first += 50 {
		require.NoError(t, e.store.Change(t.Context(), anna, func(tx *store.Tx) error {
			for n := first; n < min(first+50, count); n++ {
				if err := put(tx, n); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

func TestErrorsOfTheStore(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, id := range []string{"", "nothing", "\x00", "../x", "UPPER"} {
		require.ErrorIs(t, e.untouched(t, func() error { return e.DeleteIncident(t.Context(), anna, id) }), desk.ErrNotFound)
		require.ErrorIs(t, e.untouched(t, func() error { return e.DeleteMaintenance(t.Context(), anna, id) }), desk.ErrNotFound)
		require.ErrorIs(t, e.untouched(t, func() error { return e.DeleteTemplate(t.Context(), anna, id) }), desk.ErrNotFound)
		require.ErrorIs(t, e.untouched(t, func() error { return e.Retract(t.Context(), anna, id) }), desk.ErrNotFound)
		require.ErrorIs(t, e.untouched(t, func() error { return e.WithdrawCorrection(t.Context(), anna, id) }), desk.ErrNotFound)
		_, err := e.Incident(t.Context(), id)
		require.ErrorIs(t, err, desk.ErrNotFound)
		_, err = e.Maintenance(t.Context(), id)
		require.ErrorIs(t, err, desk.ErrNotFound)
	}
}
