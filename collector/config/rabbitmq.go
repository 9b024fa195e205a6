// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A RabbitMQ says where queues are read: over the management API.
type RabbitMQ struct {
	URL         string // without /api; http or https
	Username    string // empty: no authentication
	Password    configfile.Secret
	VirtualHost string
	Timeout     time.Duration // of a reading, more than 0

	// LoadedRetryDelay is how long after a reading that is too high the queue is
	// read again before it counts; 0: the first reading counts.
	LoadedRetryDelay time.Duration

	Client promconfig.HTTPClientConfig // without authentication
}

// A Queue says which message queue speaks for a node, and how many messages in
// it are too many.
type Queue struct {
	Name     string
	Interval time.Duration // between two readings, more than 0

	// From as many messages on that are ready, or not acknowledged, the node is
	// sick; at least 1.
	ReadyHealthyBelow, NackHealthyBelow int
	// Above as many it is dead.
	ReadyDeadAbove, NackDeadAbove int
}
