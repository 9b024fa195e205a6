// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

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

type rabbitMQDocument struct {
	URL              string            `yaml:"api_url,omitempty"`
	Username         string            `yaml:"username,omitempty"`
	Password         configfile.Secret `yaml:"password,omitempty"`
	PasswordFile     string            `yaml:"password_file,omitempty"`
	VirtualHost      string            `yaml:"virtualhost,omitempty"`
	Timeout          *model.Duration   `yaml:"timeout,omitempty"`
	LoadedRetryDelay *model.Duration   `yaml:"loaded_retry_delay,omitempty"`
	queueLimits      `yaml:",inline"`
	clientDocument   `yaml:",inline"`
}

type queueDocument struct {
	Name        string `yaml:"name"`
	queueLimits `yaml:",inline"`
}

// queueLimits may stand for all queues, and for the one of a node.
type queueLimits struct {
	Interval          *model.Duration `yaml:"interval,omitempty"`
	ReadyHealthyBelow *int            `yaml:"ready_healthy_below,omitempty"`
	NackHealthyBelow  *int            `yaml:"nack_healthy_below,omitempty"`
	ReadyDeadAbove    *int            `yaml:"ready_dead_above,omitempty"`
	NackDeadAbove     *int            `yaml:"nack_dead_above,omitempty"`
}

// rabbitMQ returns nil if there is no address, and what holds for all queues.
func (l *loader) rabbitMQ(p configfile.Path, d *rabbitMQDocument) (*RabbitMQ, Queue) {
	limits := Queue{
		Interval:          15 * time.Second,
		ReadyHealthyBelow: 500, NackHealthyBelow: 100, ReadyDeadAbove: 20000, NackDeadAbove: 5000,
	}
	if d == nil {
		return nil, limits
	}
	limits = l.queueLimits(p, d.queueLimits, limits)
	if d.URL == "" {
		if d.Username != "" || d.Password != "" || d.PasswordFile != "" {
			l.fail(p, "there is no api_url, so no queue is read; write the address of the management API, or remove the rest")
		}
		return nil, limits
	}
	r := &RabbitMQ{
		URL: d.URL, Username: d.Username, VirtualHost: d.VirtualHost,
		Timeout: 5 * time.Second, LoadedRetryDelay: 500 * time.Millisecond,
	}
	l.address(p.At("api_url"), d.URL, "http://127.0.0.1:15672", "username and password")
	if r.VirtualHost == "" {
		r.VirtualHost = "/"
	}
	password, problem := l.file.Secret(p, "password", d.Password, d.PasswordFile)
	switch {
	case problem != nil:
		l.errs = append(l.errs, problem)
	case password == "" && d.Username != "":
		l.fail(p.At("username"), "the user has no password; set password or password_file")
	case password != "" && d.Username == "":
		l.fail(p, "the password has no user; set username")
	}
	r.Password = password
	l.positive(p.At("timeout"), d.Timeout, &r.Timeout)
	set(d.LoadedRetryDelay, &r.LoadedRetryDelay)
	r.Client = l.client(p, d.clientDocument)
	return r, limits
}

// queueLimits returns the limits of d over those above; where d is wrong, those above.
func (l *loader) queueLimits(p configfile.Path, d queueLimits, above Queue) Queue {
	out, before := above, len(l.errs)
	l.positive(p.At("interval"), d.Interval, &out.Interval)
	l.queueLimit(p, "ready", d.ReadyHealthyBelow, d.ReadyDeadAbove, &out.ReadyHealthyBelow, &out.ReadyDeadAbove)
	l.queueLimit(p, "nack", d.NackHealthyBelow, d.NackDeadAbove, &out.NackHealthyBelow, &out.NackDeadAbove)
	if len(l.errs) > before {
		return above
	}
	return out
}

func (l *loader) queueLimit(p configfile.Path, kind string, healthyBelow, deadAbove, toHealthy, toDead *int) {
	if healthyBelow != nil {
		*toHealthy = *healthyBelow
	}
	if deadAbove != nil {
		*toDead = *deadAbove
	}
	healthyKey, deadKey := kind+"_healthy_below", kind+"_dead_above"
	switch {
	case *toHealthy < 1:
		l.fail(p.At(healthyKey), "is %d, want at least 1: an empty queue is healthy", *toHealthy)
	case *toDead < *toHealthy && deadAbove != nil:
		l.fail(p.At(deadKey), "is %d, less than %s (%d), so a long queue would be dead before it is sick; make it larger", *toDead, healthyKey, *toHealthy)
	case *toDead < *toHealthy:
		l.fail(p.At(healthyKey), "is %d, more than %s (%d), so a long queue would be dead before it is sick; make it smaller", *toHealthy, deadKey, *toDead)
	}
}

// queue returns the queue of a node; nil if there is none.
func (l *loader) queue(p configfile.Path, d *queueDocument) *Queue {
	switch {
	case d == nil:
		return nil
	case d.Name == "":
		l.fail(p, "the queue has no name; write {name: QUEUE}")
	case nameProblem(d.Name) != "":
		l.fail(p.At("name"), "%s", nameProblem(d.Name))
	case !l.readsQueues:
		l.fail(p, "queues are not read as long as rabbitmq has no api_url; write the address of its management API there")
	}
	q := l.queueLimits(p, d.queueLimits, l.queues)
	q.Name = d.Name
	return &q
}
