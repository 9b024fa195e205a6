// SPDX-License-Identifier: Apache-2.0

// Package queue reads the lengths of RabbitMQ's queues from its management API,
// each on time, whether anybody reports or not. What a length means for a node
// is left to the store.
package queue

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

const (
	defaultTimeout  = 5 * time.Second
	defaultInterval = 15 * time.Second
	atOnce          = 4 // readings that run at a time; the API is slow, and its server has other work
)

// Options are what a [Reader] works with. Both fields are required.
type Options struct {
	Record func(node status.NodeID, q state.Queue) // takes a reading, as [state.Store.Queue] does; called concurrently
	Logger *slog.Logger
}

// Settings say what is read, and where.
type Settings struct {
	API
	Queues []Queue // at most one of each node
}

// An API is where a RabbitMQ is asked, and how.
type API struct {
	URL         string        // of the management API, without /api; http or https
	Username    string        // empty: no authentication
	Password    string        // never logged
	VirtualHost string        // "/" if empty
	Timeout     time.Duration // of a request; 0: 5 s

	// LoadedRetryDelay is how long after a reading that is too high the queue is
	// read again, before that counts; 0: the first reading counts.
	LoadedRetryDelay time.Duration

	// Client asks; it follows no redirects, whatever it says of them. Nil: one of
	// the Reader's own.
	Client *http.Client
}

// A Queue is what is read for a node.
type Queue struct {
	Node   status.NodeID
	Limits state.QueueLimits // its name, how often it is read (0: every 15 s), and what is too high
}

// A Reader reads queues. It is a [prometheus.Collector] of its success. Its
// methods may be called at any time.
type Reader struct {
	o        Options
	own      *http.Client // for those who bring none
	places   chan struct{}
	readings *prometheus.CounterVec
	updated  chan struct{} // capacity 1

	mu   sync.Mutex
	want map[status.NodeID]job
}

// A job is a queue to be read, and all that its reading depends on.
type job struct {
	API
	Queue
}

// New returns a Reader that reads nothing until [Reader.Update] says what.
func New(o Options) *Reader {
	r := &Reader{
		o:       o,
		own:     &http.Client{Transport: newTransport()},
		places:  make(chan struct{}, atOnce),
		updated: make(chan struct{}, 1),
		readings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.ExporterQueueReadings, Help: "Readings of message queues by whether they succeeded.",
		}, []string{schema.Result}),
	}
	r.readings.WithLabelValues(success)
	r.readings.WithLabelValues(failure)
	return r
}

// Values of the result label.
const (
	success = "success"
	failure = "failure"
)

// Describe implements [prometheus.Collector].
func (r *Reader) Describe(ch chan<- *prometheus.Desc) { r.readings.Describe(ch) }

// Collect implements [prometheus.Collector].
func (r *Reader) Collect(ch chan<- prometheus.Metric) { r.readings.Collect(ch) }

// Update replaces the settings. Queues for which nothing changes are read on,
// undisturbed; others are read at once.
func (r *Reader) Update(s Settings) {
	s.VirtualHost = cmp.Or(s.VirtualHost, "/")
	s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
	s.Client = cmp.Or(s.Client, r.own)
	want := make(map[status.NodeID]job, len(s.Queues))
	for _, q := range s.Queues {
		q.Limits.Interval = cmp.Or(q.Limits.Interval, defaultInterval)
		want[q.Node] = job{s.API, q}
	}
	r.mu.Lock()
	r.want = want
	r.mu.Unlock()
	select {
	case r.updated <- struct{}{}:
	default:
	}
}

// Run reads the queues until ctx is done.
func (r *Reader) Run(ctx context.Context) error {
	defer r.own.CloseIdleConnections()
	running := map[status.NodeID]*reading{}
	for {
		r.mu.Lock()
		want := r.want
		r.mu.Unlock()
		for node, now := range running {
			if next, ok := want[node]; !ok || next != now.job {
				now.stop()
				delete(running, node)
			}
		}
		for node, next := range want {
			if running[node] == nil {
				running[node] = r.begin(ctx, next)
			}
		}
		select {
		case <-r.updated:
		case <-ctx.Done():
			for _, now := range running {
				now.stop()
			}
			return nil
		}
	}
}

// A reading is a queue that is read again and again.
type reading struct {
	job
	cancel context.CancelFunc
	done   chan struct{}
}

// stop ends the reading, and returns once it has.
func (r *reading) stop() {
	r.cancel()
	<-r.done
}

func (r *Reader) begin(ctx context.Context, j job) *reading {
	ctx, cancel := context.WithCancel(ctx)
	now := &reading{j, cancel, make(chan struct{})}
	go func() {
		defer close(now.done)
		r.watch(ctx, j)
	}()
	return now
}

// watch reads a queue at once, and then on time, until ctx is done.
func (r *Reader) watch(ctx context.Context, j job) {
	next := time.NewTicker(j.Limits.Interval)
	defer next.Stop()
	failing := false
	for {
		q, ok := r.read(ctx, j)
		if !ok {
			return
		}
		r.o.Record(j.Node, q)
		r.tell(j, q.Err, failing)
		failing = q.Err != nil
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
	}
}

// tell counts a reading, and logs when a queue can't be read any more, and when
// it can again.
func (r *Reader) tell(j job, err error, failing bool) {
	log := r.o.Logger.With("node", j.Node.String(), "queue", j.Limits.Name)
	if err != nil {
		r.readings.WithLabelValues(failure).Inc()
		if !failing {
			log.Warn("The queue can't be read; its last length counts for three intervals more", "err", err)
		}
		return
	}
	r.readings.WithLabelValues(success).Inc()
	if failing {
		log.Info("The queue can be read again")
	}
}

// read reads a queue, and once more if there is too much in it. It returns false
// if ctx is done.
func (r *Reader) read(ctx context.Context, j job) (state.Queue, bool) {
	q, ok := r.ask(ctx, j)
	if !ok || q.Err != nil || j.LoadedRetryDelay <= 0 || j.Limits.Judge(q).Status == status.Healthy {
		return q, ok
	}
	again := time.NewTimer(j.LoadedRetryDelay)
	defer again.Stop()
	select {
	case <-again.C:
		return r.ask(ctx, j)
	case <-ctx.Done():
		return q, false
	}
}

// ask reads a queue as soon as there is a place. It returns false if ctx is done.
func (r *Reader) ask(ctx context.Context, j job) (state.Queue, bool) {
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	case <-ctx.Done():
		return state.Queue{}, false
	}
	limited, cancel := context.WithTimeout(ctx, j.Timeout)
	defer cancel()
	q := fetch(limited, j)
	return q, ctx.Err() == nil
}
