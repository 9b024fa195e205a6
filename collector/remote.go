// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"net/http"
	"reflect"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/queue"
	"github.com/pharos-status/pharos/collector/relay"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// A remote is a server that a part of the configuration calls. While the settings
// of its client stay, the client does: whoever works with it goes on undisturbed.
type remote struct {
	purpose  string
	settings promconfig.HTTPClientConfig
	client   *http.Client // nil until it is needed
}

// with returns the client for the settings.
func (r *remote) with(settings promconfig.HTTPClientConfig) (*http.Client, error) {
	if r.client != nil && reflect.DeepEqual(r.settings, settings) {
		return r.client, nil
	}
	client, err := promconfig.NewClientFromConfig(settings, r.purpose)
	if err != nil {
		return nil, fmt.Errorf("prepare the client of %s: %w", r.purpose, err)
	}
	r.close()
	r.settings, r.client = settings, client
	return client, nil
}

// close closes connections that nobody uses.
func (r *remote) close() {
	if r.client != nil {
		r.client.CloseIdleConnections()
	}
}

// relaySettings says to whom this exporter reports.
func relaySettings(r *config.Relay, master *remote) (relay.Settings, error) {
	if r == nil {
		return relay.Settings{}, nil
	}
	client, err := master.with(r.Client)
	return relay.Settings{
		URL: r.URL, Token: string(r.Token), Services: r.Services,
		Interval: r.Interval, Timeout: r.Timeout, Client: client,
	}, err
}

// queueSettings says which queues are read, and where.
func queueSettings(c *config.Config, rabbitmq *remote) (queue.Settings, error) {
	if c.RabbitMQ == nil {
		return queue.Settings{}, nil
	}
	client, err := rabbitmq.with(c.RabbitMQ.Client)
	if err != nil {
		return queue.Settings{}, err
	}
	s := queue.Settings{API: queue.API{
		URL: c.RabbitMQ.URL, Username: c.RabbitMQ.Username, Password: string(c.RabbitMQ.Password),
		VirtualHost: c.RabbitMQ.VirtualHost, Timeout: c.RabbitMQ.Timeout,
		LoadedRetryDelay: c.RabbitMQ.LoadedRetryDelay, Client: client,
	}}
	for _, service := range c.Services {
		for _, n := range service.Nodes {
			if n.Queue != nil {
				s.Queues = append(s.Queues, queue.Queue{
					Node: status.NodeID{Service: service.ID, Node: n.ID}, Limits: *queueLimits(n.Queue),
				})
			}
		}
	}
	return s, nil
}

// queueLimits returns what the store must know of the queue of a node.
func queueLimits(q *config.Queue) *state.QueueLimits {
	if q == nil {
		return nil
	}
	limits := state.QueueLimits(*q)
	return &limits
}
