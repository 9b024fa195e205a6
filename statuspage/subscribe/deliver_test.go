// SPDX-License-Identifier: Apache-2.0

package subscribe_test

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
)

// A wrapped store does something else where it is told to.
type wrapped struct {
	*store.Store
	subscriber, contents, claim, end func() error
	looks                            atomic.Int32
}

func meet(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

func (w *wrapped) Subscriber(ctx context.Context, id string) (store.Subscriber, error) {
	x, err := w.Store.Subscriber(ctx, id)
	if err == nil {
		err = meet(w.subscriber)
	}
	return x, err
}

func (w *wrapped) Contents(ctx context.Context) (store.Contents, error) {
	if err := meet(w.contents); err != nil {
		return store.Contents{}, err
	}
	return w.Store.Contents(ctx)
}

func (w *wrapped) DueDeliveries(ctx context.Context, k store.SubscriberKind, now time.Time, limit int) ([]store.Delivery, error) {
	if k == store.ByEmail {
		w.looks.Add(1)
	}
	return w.Store.DueDeliveries(ctx, k, now, limit)
}

func (w *wrapped) ClaimDelivery(ctx context.Context, d store.Delivery, next time.Time) error {
	if err := meet(w.claim); err != nil {
		return err
	}
	return w.Store.ClaimDelivery(ctx, d, next)
}

func (w *wrapped) EndDelivery(ctx context.Context, id int64) error {
	if err := meet(w.end); err != nil {
		return err
	}
	return w.Store.EndDelivery(ctx, id)
}

func away() error { return fmt.Errorf("disk full: %w", store.ErrAway) }

// wrappedRig has subscribers who have confirmed, and are to be told of an outage.
func wrappedRig(t *testing.T, w *wrapped, addresses ...string) *rig {
	t.Helper()
	r := newRig(t)
	w.Store = r.store
	r.serve(w)
	for _, address := range addresses {
		require.NoError(t, r.store.PutSubscriber(t.Context(), "test", member(address)))
	}
	r.tell(outage(statuspage.ImpactMajor))
	return r
}

func member(address string) store.Subscriber {
	now := time.Now()
	return store.Subscriber{ID: "id" + address, Page: "main", Kind: store.ByEmail, Address: address, Secret: "whsec_AAAA", Language: "en", Created: now, Confirmed: now.Add(-time.Hour)}
}

// looked wakes the service until it has done with all mail that was due.
func (r *rig) looked(w *wrapped) {
	r.t.Helper()
	enough := w.looks.Load() + 3
	require.Eventually(r.t, func() bool {
		r.Wake()
		return w.looks.Load() >= enough
	}, 20*time.Second, time.Millisecond)
}

// due returns the deliveries to mailboxes that are on their way, at whatever time.
func (r *rig) due() []store.Delivery {
	r.t.Helper()
	all, err := r.store.DueDeliveries(context.Background(), store.ByEmail, time.Now().AddDate(1, 0, 0), 1000)
	require.NoError(r.t, err)
	return all
}

// TestNoNewsIsLost: where it can't be read what the news says, it is told later.
func TestNoNewsIsLost(t *testing.T) {
	t.Parallel()
	w := &wrapped{contents: away}
	r := wrappedRig(t, w, anna)
	r.run()
	r.looked(w)
	require.Empty(t, r.box.mails)
	all := r.due()
	require.Len(t, all, 1)
	require.Equal(t, 1, all[0].Attempts)
}

// TestNewsThatIsGone: of an incident that was deleted nobody is told.
func TestNewsThatIsGone(t *testing.T) {
	t.Parallel()
	w := &wrapped{}
	r := wrappedRig(t, w, anna)
	require.NoError(t, r.store.Change(t.Context(), "anna", func(tx *store.Tx) error { return tx.DeleteIncident("abcdefghij") }))
	r.run()
	r.looked(w)
	require.Empty(t, r.due())
	require.Empty(t, r.box.mails)
}

// TestErasedMeanwhile: who was erased while a mail was under way does not come back,
// whatever becomes of the mail.
func TestErasedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]bool{"refused": true, "told": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wrapped{}
			r := wrappedRig(t, w, anna)
			require.NoError(t, r.store.SetFailures(t.Context(), "id"+anna, 1))
			w.subscriber = func() error { return r.store.EraseSubscriber(context.Background(), "operator", "id"+anna) }
			if refused {
				r.box.refuse[anna] = &smtp.SMTPError{Code: 550, Message: "no such user"}
			}
			r.run()
			r.looked(w)
			_, err := r.store.Subscriber(t.Context(), "id"+anna)
			require.ErrorIs(t, err, store.ErrNotFound)
		})
	}
}

// TestDiskFull: what can't be noted is not sent, or sent once.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		w := &wrapped{claim: away}
		r := wrappedRig(t, w, anna)
		r.run()
		r.looked(w)
		require.Empty(t, r.box.mails)
	})
	t.Run("meanwhile", func(t *testing.T) {
		t.Parallel()
		w := &wrapped{end: away}
		r := wrappedRig(t, w, anna)
		r.run()
		r.box.next(t)
		r.looked(w)
		require.Empty(t, r.box.mails)
		require.Len(t, r.due(), 1)
	})
}

// TestStopped: a process that has to stop sends no more, and notes what it has sent.
func TestStopped(t *testing.T) {
	t.Parallel()
	const many = 20
	var addresses []string
	for n := range many {
		addresses = append(addresses, fmt.Sprintf("p%02d@example.com", n))
	}
	w := &wrapped{}
	r := wrappedRig(t, w, addresses...)
	ctx, cancel := context.WithCancel(t.Context())
	w.end = func() error { cancel(); return nil }
	r.Run(ctx)
	require.Len(t, r.box.mails, 1)
	require.Len(t, r.due(), many-1)
	r.run()
	told := map[string]bool{}
	for range many {
		told[r.box.next(t).to] = true
	}
	require.Len(t, told, many)
}

// silent returns the address of a mail server that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil) // which waits for a request
	server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	return l.Addr().String()
}

// besideSilence: a mail server that says nothing keeps no webhook waiting.
func besideSilence(t *testing.T, hook *receiver) {
	t.Helper()
	r := newRig(t)
	x := member(strings.TrimSuffix(hook.URL, "/"))
	x.Kind = store.ByWebhook
	require.NoError(t, r.store.PutSubscriber(t.Context(), "test", x))
	r.run()
	r.change(func(c *config.Subscribers) { c.Email.Smarthost = silent(t) })
	require.NoError(t, r.Subscribe(t.Context(), signup(anna)))
	r.tell(outage(statuspage.ImpactMajor))
	hook.next(t)
	i := anOutage(statuspage.ImpactMajor)
	i.ID = "anotherone"
	r.tell(func(tx *store.Tx) error {
		if err := tx.PutIncident(i); err != nil {
			return err
		}
		return tx.Tell(store.News{Kind: store.NewsIncident, Subject: i.ID, Time: i.Started})
	})
	hook.next(t)
}
