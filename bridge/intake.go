// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Limits of what is read.
const (
	maxBody     = 4 << 20  // bytes
	leastWeight = 64 << 10 // bytes: of a request, however small its body
	maxQueue    = 256      // requests that wait for their turn
	maxWait     = 10 * time.Second
)

// An intake bounds the memory of requests that are served at the same time: their bodies
// weigh no more than the largest one may. The others wait for their turn.
type intake struct {
	weight  *semaphore.Weighted
	waiting atomic.Int32
}

func newIntake() *intake { return &intake{weight: semaphore.NewWeighted(maxBody)} }

// read returns the body of a request. The caller releases its weight once it is done
// with all that came of it.
func (i *intake) read(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	if r.ContentLength > maxBody {
		return nil, nil, tooLarge()
	}
	weight := max(r.ContentLength, leastWeight)
	if err := i.enter(r.Context(), weight); err != nil {
		return nil, nil, err
	}
	s := &scale{intake: i, request: r, body: http.MaxBytesReader(w, r.Body, maxBody), weight: weight}
	release = func() { i.weight.Release(s.weight) }
	body, err = io.ReadAll(s)
	if err == nil {
		return body, release, nil
	}
	release()
	return nil, nil, unread(err)
}

// unread returns what is told of a body that could not be read. Alertmanager comes again
// after a 5xx alone: so this is the answer where it is not to blame, or the network is.
func unread(err error) error {
	if known, ok := errors.AsType[refusal](err); ok {
		return known
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge()
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return refusal{http.StatusServiceUnavailable, "the body came too slowly, and was cut off; send it again", afterError}
	}
	return refusal{code: http.StatusBadRequest, text: "the body broke off"}
}

// A scale reads the body of a request. A body of unknown size weighs more as more of it
// comes, twice as much each time.
type scale struct {
	intake       *intake
	request      *http.Request
	body         io.Reader
	read, weight int64 // bytes
}

// Read implements [io.Reader].
func (s *scale) Read(p []byte) (int, error) {
	if more := min(s.weight, maxBody-s.weight); s.request.ContentLength < 0 && s.read == s.weight && more > 0 {
		if err := s.intake.enter(s.request.Context(), more); err != nil {
			return 0, err
		}
		s.weight += more
	}
	if left := s.weight - s.read; left > 0 && int64(len(p)) > left {
		p = p[:left]
	}
	n, err := s.body.Read(p)
	s.read += int64(n)
	return n, err
}

func (i *intake) enter(ctx context.Context, weight int64) error {
	if i.weight.TryAcquire(weight) {
		return nil
	}
	defer i.waiting.Add(-1)
	if i.waiting.Add(1) > maxQueue {
		return busy()
	}
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	if i.weight.Acquire(ctx, weight) != nil {
		return busy()
	}
	return nil
}

func busy() error {
	return refusal{http.StatusServiceUnavailable, "too many notifications come at the same time; try again later", afterError}
}

func tooLarge() error {
	return refusal{code: http.StatusRequestEntityTooLarge, text: fmt.Sprintf(
		"the body is larger than %d MiB; set max_alerts of the webhook in alertmanager.yml", maxBody>>20)}
}
