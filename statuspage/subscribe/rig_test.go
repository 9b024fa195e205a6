// SPDX-License-Identifier: Apache-2.0

package subscribe_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	commonconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/subscribe"
)

// A rig is a service with a real store and a real mail server.
type rig struct {
	*subscribe.Service
	t       *testing.T
	store   *store.Store
	box     *mailbox
	metrics *prometheus.Registry
	url     string

	mu     sync.Mutex
	config config.Subscribers
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, box: newMailbox(t), url: "https://status.example.com"}
	logger := slog.New(slog.NewTextHandler(testkit.Output(t), nil))
	var err error
	r.store, err = store.Open(t.Context(), store.Options{Path: t.TempDir(), Logger: logger})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.store.Close()) })
	r.config = config.Default().Subscribers
	r.config.Email.Smarthost, r.config.Email.From = r.box.address, "Acme Status <status@example.com>"
	r.config.Email.AuthUsername, r.config.Email.AuthPassword = "pharos", "secret of the mailbox"
	r.config.Email.TLS = commonconfig.TLSConfig{CAFile: r.box.ca}
	r.config.Webhooks = config.Webhooks{Enabled: true, AllowPrivate: true}
	r.serve(r.store)
	return r
}

// serve makes the service anew, over that store.
func (r *rig) serve(s subscribe.Store) {
	r.t.Helper()
	var err error
	r.metrics = prometheus.NewRegistry()
	r.Service, err = subscribe.New(subscribe.Options{
		Store: s, Config: r.now, Page: r.page, Logger: slog.New(slog.NewTextHandler(testkit.Output(r.t), nil)), Registerer: r.metrics,
	})
	require.NoError(r.t, err)
	r.t.Cleanup(r.Close)
}

func (r *rig) now() config.Subscribers {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.config
}

func (r *rig) change(f func(c *config.Subscribers)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.config)
}

// page shows web and its nodes, and nothing else.
func (r *rig) page(id string) (subscribe.Page, bool) {
	return subscribe.Page{
		Title: "Acme", URL: r.url, Language: "de",
		Shows: func(ref statuspage.Ref) bool { return ref.Service == "web" },
		Label: func(ref statuspage.Ref) string { return strings.ToUpper(ref.String()) },
	}, id == "main"
}

// run runs the service until the test ends.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	r.t.Cleanup(func() { cancel(); <-done })
}

// tell changes the store, and wakes the service.
func (r *rig) tell(f func(tx *store.Tx) error) {
	r.t.Helper()
	require.NoError(r.t, r.store.Change(r.t.Context(), "anna", f))
	r.Wake()
}

func (r *rig) token(kind store.SubscriberKind, address string) string {
	r.t.Helper()
	x, err := r.store.SubscriberByAddress(r.t.Context(), "main", kind, address)
	require.NoError(r.t, err)
	return subscribe.Token(x)
}

// messages returns the counter of messages.
func (r *rig) messages(kind, outcome string) int {
	families, err := r.metrics.Gather()
	require.NoError(r.t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if l := m.GetLabel(); f.GetName() == schema.StatuspageMessages && l[0].GetValue() == kind && l[1].GetValue() == outcome {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	r.t.Errorf("no counter of %s %s", kind, outcome)
	return 0
}

// anOutage is an incident with one update.
func anOutage(impact statuspage.Impact, components ...statuspage.Ref) statuspage.Incident {
	at := time.Date(2046, 11, 21, 12, 0, 0, 0, time.UTC)
	return statuspage.Incident{
		ID: "abcdefghij", Title: "Slow <b>pages</b>", Impact: impact, Components: components, Started: at, Created: at, Updated: at,
		Updates: []statuspage.Update{{ID: "updateupdate", Phase: statuspage.Investigating, Text: "We **look** into it.\n\n<script>x</script>", Time: at, Created: at}},
	}
}

// outage is the change that tells of one.
func outage(impact statuspage.Impact, components ...statuspage.Ref) func(tx *store.Tx) error {
	i := anOutage(impact, components...)
	return func(tx *store.Tx) error {
		return errors.Join(tx.PutIncident(i), tx.Tell(store.News{
			Kind: store.NewsIncident, Subject: i.ID, Update: "updateupdate", Components: components,
			Major: impact == statuspage.ImpactMajor || impact == statuspage.ImpactCritical, Time: i.Started,
		}))
	}
}

// A mailbox is an SMTP server that wants STARTTLS and a password.
type mailbox struct {
	address, ca string
	mails       chan mailed

	mu     sync.Mutex
	refuse map[string]*smtp.SMTPError // by recipient
}

type mailed struct {
	from, to string
	data     []byte
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	certificate, key := testkit.Certificate(t, time.Now().Add(time.Hour))
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	require.NoError(t, err)
	trust := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(trust, []byte(certificate), 0o600))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m := &mailbox{address: listener.Addr().String(), ca: trust, mails: make(chan mailed, 100), refuse: map[string]*smtp.SMTPError{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: m}, nil }))
	server.Domain, server.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{pair}}
	server.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(testkit.Output(t), nil), slog.LevelDebug)
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return m
}

func (m *mailbox) next(t *testing.T) mailed {
	t.Helper()
	select {
	case l := <-m.mails:
		return l
	case <-time.After(20 * time.Second):
		t.Fatal("no mail came")
		return mailed{}
	}
}

// A session is one connection to a mailbox.
type session struct {
	box    *mailbox
	known  bool
	letter mailed
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "pharos" || password != "secret of the mailbox" {
			return errors.New("wrong name or password")
		}
		s.known = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Who is it?"}
	}
	s.letter.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	if e := s.box.refuse[to]; e != nil {
		return e
	}
	s.letter.to = to
	return nil
}

func (s *session) Data(r io.Reader) (err error) {
	s.letter.data, err = io.ReadAll(r)
	s.box.mails <- s.letter
	return err
}

func (s *session) Reset()        { s.letter = mailed{} }
func (s *session) Logout() error { return nil }
