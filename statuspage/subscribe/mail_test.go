// SPDX-License-Identifier: Apache-2.0

package subscribe_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/subscribe"
)

const anna = "anna@example.com"

func signup(address string) subscribe.Signup {
	return subscribe.Signup{Page: "main", Kind: store.ByEmail, Address: address, Language: "en"}
}

// subscribed returns a rig with one subscriber, who has confirmed.
func subscribed(t *testing.T, in subscribe.Signup) *rig {
	t.Helper()
	r := newRig(t)
	r.run()
	require.NoError(t, r.Subscribe(t.Context(), in))
	r.box.next(t)
	_, err := r.Confirm(t.Context(), r.token(in.Kind, in.Address))
	require.NoError(t, err)
	return r
}

// TestMail follows a subscriber from the wish to the farewell.
func TestMail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run()
	require.NoError(t, r.Subscribe(t.Context(), signup(" anna@EXAMPLE.com")))
	asked := r.box.next(t)
	require.Equal(t, anna, asked.to)
	testkit.Golden(t, "confirm.mail", r.shown(asked))

	r.tell(func(tx *store.Tx) error { // before she has confirmed: not for her
		i := anOutage(statuspage.ImpactMajor, statuspage.Ref{Service: "web", Node: "api"})
		return errors.Join(tx.PutIncident(i), tx.Tell(store.News{Kind: store.NewsIncident, Subject: i.ID, Update: "updateupdate", Time: time.Now()}))
	})
	token := r.token(store.ByEmail, anna)
	require.Contains(t, string(r.text(asked)), "https://status.example.com/subscribe/confirm?token="+token)
	x, err := r.Confirm(t.Context(), token)
	require.NoError(t, err)
	require.False(t, x.Confirmed.IsZero())

	require.NoError(t, r.store.Change(t.Context(), "anna", func(tx *store.Tx) error {
		i, err := tx.Incident("abcdefghij")
		if err != nil {
			return err
		}
		i.Updates = append(i.Updates, statuspage.Update{ID: "second", Phase: statuspage.Resolved, Text: "It is over.", Time: i.Started.Add(time.Hour)})
		if err := tx.PutIncident(i); err != nil {
			return err
		}
		return tx.Tell(store.News{Kind: store.NewsIncident, Subject: i.ID, Update: "second", Components: i.Components, Time: i.Started})
	}))
	r.Wake()
	told := r.box.next(t)
	testkit.Golden(t, "resolved.mail", r.shown(told))
	require.NotContains(t, string(told.data), "secret of the mailbox")

	require.NoError(t, r.Unsubscribe(t.Context(), token))
	require.ErrorIs(t, r.Unsubscribe(t.Context(), token), subscribe.ErrToken)
	_, err = r.store.SubscriberByAddress(t.Context(), "main", store.ByEmail, anna)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestMailOfEachKind(t *testing.T) {
	t.Parallel()
	in := signup(anna)
	in.Language = ""
	r := subscribed(t, in)
	at := time.Date(2046, 11, 21, 12, 0, 0, 0, time.UTC)
	r.tell(outage(statuspage.ImpactMajor, statuspage.Ref{Service: "web"}, statuspage.Ref{Service: "secret"}))
	incident := r.box.next(t)
	testkit.Golden(t, "incident.mail", r.shown(incident))
	require.NotContains(t, string(r.text(incident)), "SECRET", "a component that the page does not show")

	r.tell(func(tx *store.Tx) error {
		m := statuspage.Maintenance{ID: "maintmaint", Title: "New disks", Text: "Short breaks.", Start: at.Add(24 * time.Hour), End: at.Add(26 * time.Hour), Components: []statuspage.Ref{{Service: "web"}}, Created: at, Updated: at}
		if err := tx.PutMaintenance(m); err != nil {
			return err
		}
		return tx.Tell(store.News{Kind: store.NewsMaintenance, Subject: m.ID, Components: m.Components, Time: at})
	})
	testkit.Golden(t, "maintenance.mail", r.shown(r.box.next(t)))

	r.tell(func(tx *store.Tx) error {
		a := statuspage.Announcement{ID: "newsnewsne", Title: "We move", Text: "*Soon.*", Time: at}
		if err := tx.PutAnnouncement(a); err != nil {
			return err
		}
		return tx.Tell(store.News{Kind: store.NewsAnnouncement, Subject: a.ID, Time: at})
	})
	testkit.Golden(t, "announcement.mail", r.shown(r.box.next(t)))
}

// TestWhoIsTold: news of other components, minor news to those who want major ones, and
// news to those who have not confirmed stay untold.
func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	in := signup(anna)
	in.Components, in.MajorOnly = []statuspage.Ref{{Service: "web", Node: "api"}}, true
	r := subscribed(t, in)
	require.NoError(t, r.Subscribe(t.Context(), signup("other@example.com")))
	r.box.next(t) // the request to confirm
	r.tell(outage(statuspage.ImpactMinor, statuspage.Ref{Service: "web"}))
	r.tell(outage(statuspage.ImpactMajor, statuspage.Ref{Service: "web", Node: "db"}))
	r.tell(outage(statuspage.ImpactMajor, statuspage.Ref{Service: "mail"}))
	r.tell(outage(statuspage.ImpactCritical, statuspage.Ref{Service: "web"}))
	require.Equal(t, anna, r.box.next(t).to)
	r.tell(outage(statuspage.ImpactMajor)) // of no component: it concerns everybody
	require.Equal(t, anna, r.box.next(t).to)
	require.Empty(t, r.box.mails)
}

// TestRecipientRefused: an address that does not exist is forgotten; the others of the
// same connection get their mail.
func TestRecipientRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.box.refuse["gone@example.com"] = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	require.NoError(t, r.Subscribe(t.Context(), signup("gone@example.com")))
	require.NoError(t, r.Subscribe(t.Context(), signup(anna)))
	r.run()
	require.Equal(t, anna, r.box.next(t).to)
	require.Eventually(t, func() bool {
		_, err := r.store.SubscriberByAddress(t.Context(), "main", store.ByEmail, "gone@example.com")
		return err != nil
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, 1, r.messages("email", "refused"))
}

// TestServerAway: what can't be sent now is not lost.
func TestServerAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.change(func(c *config.Subscribers) { c.Email.AuthPassword = "wrong" })
	require.NoError(t, r.Subscribe(t.Context(), signup(anna)))
	r.run()
	require.Eventually(t, func() bool {
		return r.messages("email", "retried") == 1
	}, 20*time.Second, 10*time.Millisecond)
	due, err := r.store.DueDeliveries(t.Context(), store.ByEmail, time.Now(), 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.Zero(t, due[0].Attempts, "it was not its fault")
}

// text is the decoded text of a mail.
func (r *rig) text(l mailed) []byte {
	r.t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(l.data))
	require.NoError(r.t, err)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(r.t, err)
	var out bytes.Buffer
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out.Bytes()
		}
		require.NoError(r.t, err)
		require.Equal(r.t, "quoted-printable", part.Header.Get("Content-Transfer-Encoding"))
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		require.NoError(r.t, err)
		fmt.Fprintf(&out, "--- %s\n%s\n", part.Header.Get("Content-Type"), bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	}
}

// shown is a mail for a golden file: its headers, and the text. What is random is a word.
func (r *rig) shown(l mailed) []byte {
	r.t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(l.data))
	require.NoError(r.t, err)
	var b bytes.Buffer
	fmt.Fprintf(&b, "MAIL FROM %s\nRCPT TO %s\n", l.from, l.to)
	for _, name := range []string{
		"From", "To", "Subject", "Message-Id", "In-Reply-To", "References", "Auto-Submitted", "Content-Language", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
	} {
		if value, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name)); err == nil && value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	_, err = m.Header.Date()
	require.NoError(r.t, err)
	b.WriteByte('\n')
	b.Write(r.text(l))
	x, err := r.store.SubscriberByAddress(r.t.Context(), "main", store.ByEmail, anna)
	require.NoError(r.t, err)
	out := bytes.ReplaceAll(b.Bytes(), []byte(subscribe.Token(x)), []byte("TOKEN"))
	out = bytes.ReplaceAll(out, []byte(x.ID), []byte("SUBSCRIBER"))
	return regexp.MustCompile(`<\d+\.`).ReplaceAll(out, []byte("<N."))
}
