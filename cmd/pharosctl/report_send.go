// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/pharos-status/pharos/reporter"
)

// Waits before another try.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 15 * time.Second
)

// deliver sends something until it is taken, it is refused for good, or the time for
// that is over. Its error says what to do.
func (r *report) deliver(ctx context.Context, send func(context.Context, *reporter.Client) error) error {
	endpoint, transport, err := r.endpoint()
	if err != nil {
		return err
	}
	defer (&http.Client{Transport: transport}).CloseIdleConnections()
	c := &reporter.Client{Endpoint: endpoint, Transport: transport, UserAgent: "pharosctl"}
	until := time.Now().Add(r.retryFor)
	var before error
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		err := send(ctx, c)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil && before != nil:
			return r.explain(before) // that it was given up is no news
		}
		pause, again := retry(err, wait)
		if left := time.Until(until); !again || left <= 0 || !sleep(ctx, min(pause, left)) {
			return r.explain(err)
		}
		before = err
	}
}

// retry tells whether another try may help, and how long to wait before it.
func retry(err error, wait time.Duration) (pause time.Duration, again bool) {
	wait = wait/2 + rand.N(wait)
	refused, answered := errors.AsType[*reporter.StatusError](err)
	if !answered {
		_, sent := errors.AsType[*url.Error](err)
		return wait, sent
	}
	again = refused.Code >= http.StatusInternalServerError || refused.Code == http.StatusTooManyRequests || refused.Code == http.StatusRequestTimeout
	return max(wait, refused.RetryAfter), again
}

// sleep waits, and tells whether ctx has not ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// explain makes of the error of a request what the user can do something about.
func (t *reportTarget) explain(err error) error {
	if cause, ok := errors.AsType[*url.Error](err); ok {
		return t.unreached(cause.Err)
	}
	refused, ok := errors.AsType[*reporter.StatusError](err)
	if !ok {
		return err
	}
	said := cmp.Or(refused.Message, http.StatusText(refused.Code))
	switch refused.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		if t.tokenFile == "" {
			return fmt.Errorf("the %s refuses: %s; give %s by --token-file", t.name, said, t.token)
		}
		return fmt.Errorf("the %s refuses: %s; %s has to hold %s", t.name, said, t.tokenFile, t.token)
	case http.StatusPreconditionFailed:
		return fmt.Errorf("the %s refuses: %s; a node in mode push takes --cpu and --ram, one in mode local --status alone", t.name, said)
	}
	return fmt.Errorf("the %s at %s answers %d: %s", t.name, t.at(), refused.Code, said)
}
