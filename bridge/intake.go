// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	if r.ContentLength < 0 {
		weight = maxBody
	}
	if err := i.enter(r.Context(), weight); err != nil {
		return nil, nil, err
	}
	release = func() { i.weight.Release(weight) }
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		release()
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, nil, tooLarge()
	} else if err != nil {
		return nil, nil, refusal{code: http.StatusBadRequest, text: "the body broke off"}
	}
	return body, release, nil
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
