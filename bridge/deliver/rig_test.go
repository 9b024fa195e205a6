// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/bridge/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A sent is a message as a fake channel got it.
type sent struct {
	recipient, summary string
	at                 time.Time
	key, note          string
	over               bool
}

// A fake is a channel that keeps what it gets.
type fake struct {
	recipients []string
	keyed      bool
	send       func(ctx context.Context, recipient string, m channel.Message) error // nil: acknowledges

	mu       sync.Mutex
	attempts []sent // in their order
	got      []sent // those that were acknowledged
	sending  int
	closed   int
	misuse   string
}

func (f *fake) Recipients() []string { return f.recipients }
func (f *fake) Keyed() bool          { return f.keyed }

func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed++; f.closed > 1 || f.sending > 0 {
		f.misuse = fmt.Sprintf("closed %d times, with %d messages being sent", f.closed, f.sending)
	}
	return nil
}

func (f *fake) Send(ctx context.Context, recipient string, m channel.Message) error {
	s := sent{recipient, m.CommonAnnotations["summary"], time.Now(), m.Key, m.Note, m.Over}
	f.mu.Lock()
	f.attempts = append(f.attempts, s)
	f.sending++
	if f.closed > 0 {
		f.misuse = "used after it was closed"
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sending--
	}()
	if f.send != nil {
		if err := f.send(ctx, recipient, m); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, s)
	return nil
}

// tried returns what came, in its order.
func (f *fake) tried() []sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.attempts)
}

// acknowledged returns what came and was acknowledged.
func (f *fake) acknowledged() []sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *fake) closes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// told returns the summaries that a recipient was told, in their order.
func (f *fake) told(recipient string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, s := range f.got {
		if s.recipient == recipient {
			all = append(all, s.summary)
		}
	}
	return all
}

// A buffer is a log that may be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// lines returns the lines that have all the words.
func (b *buffer) lines(words ...string) (found []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
lines:
	for line := range strings.Lines(b.text.String()) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue lines
			}
		}
		found = append(found, line)
	}
	return found
}

// A rig is a Deliverer over a real spool.
type rig struct {
	t        testing.TB
	spool    *spool.Spool
	d        *Deliverer
	registry *prometheus.Registry
	log      *buffer
	stop     func() // idempotent
	serial   int
}

// newRig starts a Deliverer with a spool in the folder.
func newRig(t testing.TB, folder string, routes ...Route) *rig {
	t.Helper()
	r := &rig{t: t, registry: prometheus.NewPedanticRegistry(), log: &buffer{}}
	logger := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	r.spool, err = spool.Open(spool.Options{Path: folder, Logger: logger})
	require.NoError(t, err)
	r.d, err = New(Options{Spool: r.spool, Registerer: r.registry, Logger: logger})
	require.NoError(t, err)
	r.d.Use(routes)
	keeping, stopKeeping := context.WithCancel(context.Background())
	running, stopRunning := context.WithCancel(context.Background())
	var keeper, runner sync.WaitGroup
	keeper.Go(func() {
		if err := r.spool.Run(keeping); err != nil {
			t.Error(err)
		}
	})
	runner.Go(func() {
		if err := r.d.Run(running); err != nil {
			t.Error(err)
		}
	})
	r.stop = sync.OnceFunc(func() {
		stopRunning()
		runner.Wait()
		stopKeeping()
		keeper.Wait()
		require.NoError(t, r.d.Close())
		require.NoError(t, r.spool.Close())
		for _, route := range routes {
			f := route.Channel.(*fake)
			require.Empty(t, f.misuse)
			require.Equal(t, 1, f.closed, "the channel is closed once")
		}
	})
	t.Cleanup(r.stop)
	return r
}

// route returns a route with the settings that hold where nothing is set.
func route(name string, c *fake, change ...func(*config.Delivery)) Route {
	r := Route{Name: name, Channel: c, Delivery: config.DefaultDelivery()}
	for _, f := range change {
		f(&r.Delivery)
	}
	return r
}

func duration(d time.Duration) model.Duration { return model.Duration(d) }

// payload returns a notification as Alertmanager posts it.
func payload(group, summary string) []byte {
	return fmt.Appendf(nil, `{"version":"4","groupKey":%q,"status":"firing","receiver":"r","externalURL":"http://127.0.0.1",
"groupLabels":{},"commonLabels":{"alertname":"A"},"commonAnnotations":{"summary":%q},"truncatedAlerts":0,
"alerts":[{"status":"firing","labels":{"alertname":"A"},"annotations":{"summary":%q},"startsAt":"2026-01-01T00:00:00Z",
"endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"0123456789abcdef"}]}`, group, summary, summary)
}

// submission returns a submission with a group of its own, unlike any other.
func (r *rig) submission(name, summary string, recipients ...string) spool.Submission {
	r.serial++
	group := fmt.Sprint("group ", r.serial)
	return spool.Submission{
		Channel: name, Recipients: recipients, Accepted: time.Now(), Group: group, Payload: payload(group, summary),
		Digest: webhook.Digest(sha256.Sum256([]byte(group + summary + time.Now().String()))),
	}
}

func (r *rig) accept(s spool.Submission) {
	r.t.Helper()
	a, err := r.spool.Accept(context.Background(), s)
	require.NoError(r.t, err)
	r.d.Count(s.Channel, len(s.Recipients), a)
}

// tell accepts a message to recipients of a channel.
func (r *rig) tell(name, summary string, recipients ...string) {
	r.t.Helper()
	r.accept(r.submission(name, summary, recipients...))
}

// value returns the value of a metric, -1 if there is none; the labels are names, each
// with its value behind it.
func (r *rig) value(name string, labels ...string) float64 {
	r.t.Helper()
	families, err := r.registry.Gather()
	require.NoError(r.t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && has(m, labels) {
				if h := m.GetHistogram(); h != nil {
					return float64(h.GetSampleCount())
				}
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return -1
}

func has(m *dto.Metric, labels []string) bool {
	found := 0
	for i := 0; i < len(labels); i += 2 {
		for _, l := range m.GetLabel() {
			if l.GetName() == labels[i] && l.GetValue() == labels[i+1] {
				found++
			}
		}
	}
	return found == len(labels)/2
}

// let lets time pass.
func let(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
