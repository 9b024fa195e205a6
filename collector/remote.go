// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"net/http"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/queue"
	"github.com/pharos-status/pharos/collector/relay"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// httpClient makes the client of a part of the configuration that calls a server.
func httpClient(c promconfig.HTTPClientConfig, purpose string) (*http.Client, error) {
	client, err := promconfig.NewClientFromConfig(c, purpose)
	if err != nil {
		return nil, fmt.Errorf("prepare the client of %s: %w", purpose, err)
	}
	return client, nil
}

// relaySettings says to whom this exporter reports.
func relaySettings(r *config.Relay) (relay.Settings, error) {
	if r == nil {
		return relay.Settings{}, nil
	}
	client, err := httpClient(r.Client, "relay")
	return relay.Settings{
		URL: r.URL, Token: string(r.Token), Services: r.Services,
		Interval: r.Interval, Timeout: r.Timeout, Client: client,
	}, err
}

// queueSettings says which queues are read, and where.
func queueSettings(c *config.Config) (queue.Settings, error) {
	if c.RabbitMQ == nil {
		return queue.Settings{}, nil
	}
	client, err := httpClient(c.RabbitMQ.Client, "rabbitmq")
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
