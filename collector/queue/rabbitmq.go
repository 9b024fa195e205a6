// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pharos-status/pharos/collector/state"
)

// maxAnswer bounds what is read of an answer. Two numbers are asked for, but an
// old server may tell everything it knows of the queue.
const maxAnswer = 1 << 20

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: atOnce,
		IdleConnTimeout:     time.Minute,
		ForceAttemptHTTP2:   true,
	}
}

// withoutRedirects returns a client that follows none: an API has no reason to
// redirect, and the password is not for others.
func withoutRedirects(c *http.Client) *http.Client {
	copied := *c
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// fetch asks how long a queue is.
func fetch(ctx context.Context, j job) state.Queue {
	q := state.Queue{At: time.Now()}
	q.Ready, q.Unacknowledged, q.Err = lengths(ctx, j)
	return q
}

func lengths(ctx context.Context, j job) (ready, unacknowledged int, err error) {
	address := strings.TrimSuffix(j.URL, "/") + "/api/queues/" + url.PathEscape(j.VirtualHost) + "/" + url.PathEscape(j.Limits.Name) +
		"?columns=messages_ready,messages_unacknowledged"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return 0, 0, err
	}
	if j.Username != "" {
		r.SetBasicAuth(j.Username, j.Password)
	}
	answer, err := withoutRedirects(j.Client).Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return 0, 0, fmt.Errorf("read the answer of %s: %w", r.URL.Redacted(), err)
	}
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return 0, 0, fmt.Errorf("RabbitMQ answers %s; check the user name and the password, and that the user has the tag monitoring", answer.Status)
	case http.StatusNotFound:
		return 0, 0, fmt.Errorf("RabbitMQ has no queue %q in the virtual host %q; check both names, and that the URL is that of its management API", j.Limits.Name, j.VirtualHost)
	default:
		return 0, 0, fmt.Errorf("RabbitMQ answers %s", answer.Status)
	}
	if len(body) > maxAnswer {
		return 0, 0, fmt.Errorf("the answer of RabbitMQ is longer than %d bytes", maxAnswer)
	}
	return parse(body)
}

// parse reads the answer of the management API.
func parse(body []byte) (ready, unacknowledged int, err error) {
	var counts struct {
		Ready          *int `json:"messages_ready"`
		Unacknowledged *int `json:"messages_unacknowledged"`
	}
	if err := json.Unmarshal(body, &counts); err != nil {
		return 0, 0, fmt.Errorf("the answer of RabbitMQ does not fit: %w", err)
	}
	if counts.Ready == nil || counts.Unacknowledged == nil {
		return 0, 0, errors.New("RabbitMQ does not count the messages of the queue (yet)")
	}
	if *counts.Ready < 0 || *counts.Unacknowledged < 0 {
		return 0, 0, errors.New("RabbitMQ counts less than no messages")
	}
	return *counts.Ready, *counts.Unacknowledged, nil
}
