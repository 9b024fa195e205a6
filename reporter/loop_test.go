// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counts is a transport that counts.
type counts int

func (c *counts) RoundTrip(*http.Request) (*http.Response, error) {
	*c++
	return nil, errors.New("nobody is there")
}

// What is ready when the reporter has been stopped is not told any more. Of what is
// ready at once a select takes any: a hundred times it is the right one by chance never.
func TestNothingIsToldAfterTheEnd(t *testing.T) {
	t.Parallel()
	var sent counts
	o, err := Options{URL: "http://one", Token: "secret", Service: "web", Node: "sockets", Replica: "a", Mode: Local, Transport: &sent}.resolved()
	require.NoError(t, err)
	r := &Reporter{options: o, asked: make(chan struct{}, 1), late: make(chan struct{}, 1)}
	r.makeSenders()
	s := r.senders[0]
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	stop := make(chan struct{})
	close(stop)
	for range 100 {
		notify(r.late)
		require.False(t, r.wait(ended))
		require.Empty(t, s.inbox)

		s.offer(Report{Service: "web", Node: "sockets", Replica: "a", Interval: time.Second, Health: Dead})
		s.sendUntil(t.Context(), stop)
		require.Zero(t, sent)
		select {
		case <-s.inbox:
		default:
		}
	}
}
