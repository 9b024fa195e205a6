// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func subscriber(id string) store.Subscriber {
	return store.Subscriber{
		ID: id, Page: "eu", Kind: store.ByEmail, Address: id + "@example.com", Secret: "s3cret", Language: "de",
		Components: []statuspage.Ref{{Service: "web"}}, MajorOnly: true, Confirmed: at, Created: at, Failures: 1,
	}
}

func testSubscribers(t *fixture) {
	s := t.store
	a, b := subscriber("a"), subscriber("b")
	b.Kind, b.Confirmed, b.Components = store.ByWebhook, time.Time{}, nil
	require.NoError(t, s.PutSubscriber(t.Context(), "visitor", a))
	require.NoError(t, s.PutSubscriber(t.Context(), "visitor", b))
	got, err := s.Subscriber(t.Context(), "a")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(a, got))
	got, err = s.SubscriberByAddress(t.Context(), "eu", store.ByWebhook, "b@example.com")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(b, got))
	count, err := s.CountSubscribers(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[store.SubscriberKind]int{store.ByEmail: 1}, count)

	taken := subscriber("c")
	taken.Address = a.Address
	require.ErrorIs(t, s.PutSubscriber(t.Context(), "visitor", taken), store.ErrTaken)
	taken.Page = "us"
	require.NoError(t, s.PutSubscriber(t.Context(), "visitor", taken))

	waiting, err := s.CountWaiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, waiting)
	require.Error(t, s.PutSubscriber(t.Context(), "visitor", b), "it is there")
	b.Confirmed, b.Components, b.MajorOnly = at, []statuspage.Ref{{Service: "web"}}, false
	got, err = s.ChangeSubscriber(t.Context(), "visitor", "b", func(x *store.Subscriber) {
		x.Confirmed, x.Components, x.MajorOnly = b.Confirmed, b.Components, b.MajorOnly
		x.Address, x.Secret, x.Failures = "not", "to be", 7
	})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(b, got))
	require.NoError(t, s.SetFailures(t.Context(), "b", 3))
	b.Failures = 3
	page, err := s.Subscribers(t.Context(), "a", 1)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]store.Subscriber{b}, page))

	_, err = s.Subscriber(t.Context(), "x")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.SubscriberByAddress(t.Context(), "eu", store.ByWebhook, "c@example.com")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, s.EraseSubscriber(t.Context(), "anna", "x"), store.ErrNotFound)
	require.NoError(t, s.Enqueue(t.Context(), "a", []byte("confirm")))
	require.NoError(t, s.EraseSubscriber(t.Context(), "anna", "a"))
	due, err := s.DueDeliveries(t.Context(), a.Kind, time.Now().Add(time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, due)
	_, err = s.ChangeSubscriber(t.Context(), "visitor", "a", func(x *store.Subscriber) { x.MajorOnly = true })
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, s.SetFailures(t.Context(), "a", 1))
	_, err = s.Subscriber(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound, "who was erased does not come back")

	entries, err := s.Journal(t.Context(), "", 0, 100)
	require.NoError(t, err)
	require.Len(t, entries, 4, "neither what is counted is entered, nor who has not confirmed")
	require.Equal(t, "deleted", entries[0].Action)
	for _, e := range entries {
		text := fmt.Sprintf("%s %s %s %s", e.Subject, e.Title, e.Before, e.After)
		require.NotContains(t, text, "example.com")
		require.NotContains(t, text, "s3cret")
	}
}

func testDeliveries(t *fixture) {
	s := t.store
	require.ErrorIs(t, s.Enqueue(t.Context(), "x", nil), store.ErrNotFound)
	require.NoError(t, s.PutSubscriber(t.Context(), "visitor", subscriber("a")))
	for _, payload := range []string{"one", "two", "three"} {
		require.NoError(t, s.Enqueue(t.Context(), "a", []byte(payload)))
	}
	soon := time.Now().Add(time.Minute)
	due, err := s.DueDeliveries(t.Context(), store.ByEmail, soon, 2)
	require.NoError(t, err)
	require.Len(t, due, 2)
	require.Equal(t, "one", string(due[0].Payload))
	require.Equal(t, "a", due[0].Subscriber)
	require.Zero(t, due[0].News.ID)
	require.WithinDuration(t, time.Now(), due[0].Created, time.Minute)
	require.NoError(t, s.EndDelivery(t.Context(), due[0].ID))
	require.ErrorIs(t, s.ClaimDelivery(t.Context(), due[0], soon), store.ErrNotFound)
	require.NoError(t, s.ClaimDelivery(t.Context(), due[1], soon))
	require.ErrorIs(t, s.ClaimDelivery(t.Context(), due[1], soon), store.ErrNotFound, "one of two wins")
	due, err = s.DueDeliveries(t.Context(), store.ByEmail, soon, 10)
	require.NoError(t, err)
	require.Len(t, due, 2)
	require.Equal(t, "three", string(due[0].Payload), "what was never tried comes first")
	require.NoError(t, s.EndDelivery(t.Context(), due[0].ID))
	later := soon.Add(time.Hour).Truncate(time.Millisecond).UTC()
	require.NoError(t, s.ClaimDelivery(t.Context(), due[1], later))
	due, err = s.DueDeliveries(t.Context(), store.ByEmail, soon, 10)
	require.NoError(t, err)
	require.Empty(t, due)
	due, err = s.DueDeliveries(t.Context(), store.ByEmail, later, 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.Equal(t, 2, due[0].Attempts)
	require.Equal(t, later, due[0].Due)
	due, err = s.DueDeliveries(t.Context(), store.ByWebhook, later, 10)
	require.NoError(t, err)
	require.Empty(t, due)
}

func testFan(t *fixture) {
	s := t.store
	const many = 250
	for n := range many {
		x := subscriber(fmt.Sprintf("s%03d", n))
		if n == 7 {
			x.Confirmed = time.Time{}
		}
		require.NoError(t, s.PutSubscriber(t.Context(), "visitor", x))
	}
	news := store.News{Kind: store.NewsIncident, Subject: "i", Update: "u", Components: []statuspage.Ref{{Service: "web"}}, Major: true, Time: at}
	change(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.Tell(news), tx.Tell(store.News{Kind: store.NewsAnnouncement, Subject: "n", Time: at}))
	})
	pick := func(n store.News, x store.Subscriber) bool { return n.Kind == store.NewsIncident || x.ID == "s001" }
	made, err := s.Fan(t.Context(), pick)
	require.NoError(t, err)
	require.Equal(t, many-1+1, made)
	for range 2 {
		made, err = s.Fan(t.Context(), pick)
		require.NoError(t, err)
		require.Zero(t, made, "once")
	}
	due, err := s.DueDeliveries(t.Context(), store.ByEmail, time.Now().Add(time.Minute), 1000)
	require.NoError(t, err)
	require.Len(t, due, many)
	news.ID = due[0].News.ID
	require.Empty(t, cmp.Diff(news, due[0].News))
	seen := map[string]int{}
	for _, d := range due {
		seen[d.Subscriber]++
		require.NoError(t, s.EndDelivery(t.Context(), d.ID))
	}
	require.Equal(t, 2, seen["s001"])
	require.Equal(t, 0, seen["s007"])
	require.Equal(t, 1, seen["s249"])
}

// testFanInPieces: where it is interrupted it goes on later, and nobody is told twice.
func testFanInPieces(t *fixture) {
	s := t.store
	const many = 4500
	require.NoError(t, s.Exec(t.Context(), fmt.Sprintf(`INSERT INTO subscriber (id, page, kind, address, secret, language, components, major_only, confirmed, created, failures)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		SELECT 's' || i, 'eu', 'email', 'a' || i, 's', 'en', '[]', false, 1, 1, 0 FROM n`, many)))
	change(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.Tell(store.News{Kind: store.NewsIncident, Time: at}), tx.Tell(store.News{Kind: store.NewsAnnouncement, Time: at}))
	})
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	before, err := s.Fan(ctx, func(store.News, store.Subscriber) bool {
		if seen++; seen == many/2 {
			cancel()
		}
		return true
	})
	require.Error(t, err)
	require.Positive(t, before)
	require.Less(t, before, many/2)
	after, err := s.Fan(t.Context(), func(store.News, store.Subscriber) bool { return true })
	require.NoError(t, err)
	require.Equal(t, 2*many, before+after)
	due, err := s.DueDeliveries(t.Context(), store.ByEmail, time.Now().Add(time.Minute), 3*many)
	require.NoError(t, err)
	told := map[string]bool{}
	for _, d := range due {
		told[fmt.Sprint(d.Subscriber, d.News.Kind)] = true
	}
	require.Len(t, due, 2*many)
	require.Len(t, told, 2*many)
}
