// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"math"
	"net/url"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

// limits says how long a queue may be. Those of nodes are over those of the section.
type limits struct {
	healthyBelow, deadAbove setting[int]
}

const seldom = "Queues are read every 15 s, whether a report comes or not; Vigil read one when a report came."

// rabbitMQ returns the settings of the management API, nil if there are none.
func (w *watch) rabbitMQ(s *section) configfile.Map {
	if !s.present() {
		return nil
	}
	b := block{c: w.c, file: exporterFile, path: "rabbitmq"}
	w.api(&b, s.need("api_url"))
	user, password := s.need("auth_username"), s.need("auth_password")
	switch {
	case user.value == "" && password.value == "":
	case user.value == "" || password.value == "":
		w.c.failAt(s.here().src, "there is a user without a password, or a password without a user; write both, or neither")
	default:
		b.text("username", user, "", "")
		w.c.keep("rabbitmq.password", password)
		b.m = append(b.m, configfile.Entry{Key: "password_file", Value: "rabbitmq.password", After: password.after()})
	}
	host := s.need("virtualhost")
	w.unescaped(&b, "virtualhost", host)
	delay := s.number("queue_loaded_retry_delay", 0, 0, longest)
	b.put("loaded_retry_delay", time.Duration(delay.value)*time.Millisecond, 500*time.Millisecond, delay.origin, "")
	w.limits(&b, "ready", limits{w.limit(s, "queue_ready_healthy_below"), w.limit(s, "queue_ready_dead_above")})
	w.nack = limits{w.limit(s, "queue_nack_healthy_below"), w.limit(s, "queue_nack_dead_above")}
	w.limits(&b, "nack", w.nack)
	w.c.note(s.here(), exporterFile+": rabbitmq", seldom)
	s.done()
	w.queues = true
	return b.m
}

// api puts the address. Vigil put its own path behind the host.
func (w *watch) api(b *block, s setting[string]) {
	u, err := url.Parse(s.value)
	switch {
	case !s.set:
		return
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		w.c.failAt(s.src, "not an address; write one such as http://127.0.0.1:15672")
		return
	case u.User != nil:
		w.c.failAt(s.src, "an address holds no user and password; write them as auth_username and auth_password")
		return
	}
	s.value = u.Scheme + "://" + u.Host
	b.text("api_url", s, "", "")
}

// unescaped puts a name that Vigil put into a path as it is.
func (w *watch) unescaped(b *block, key string, s setting[string]) {
	differs := ""
	if plain, err := url.PathUnescape(s.value); err == nil && plain != s.value {
		s.value, differs = plain, "It is written as it is, where Vigil needed it percent-encoded."
	}
	if s.set && (s.value == "" || len(s.value) > maxName || !isName(s.value)) {
		w.c.failAt(s.src, "is empty, has more than %d bytes, or a character that no name has; write the name as RabbitMQ shows it", maxName)
		return
	}
	b.text(key, s, "", differs)
}

func isName(s string) bool {
	clean, changed := oneLine(s)
	return !changed && clean != ""
}

func (w *watch) limit(s *section, name string) setting[int] {
	n := s.number(name, 0, 0, math.MaxUint32)
	if !n.set {
		s.need(name)
	}
	return n
}

// limits puts how long a queue may be. Vigil let a queue be dead before it is sick.
func (w *watch) limits(b *block, kind string, l limits) {
	healthy, differs := l.healthyBelow, ""
	switch {
	case l.deadAbove.value < 1:
		w.c.failAt(l.deadAbove.src, "is %d, want at least 1", l.deadAbove.value)
		return
	case healthy.value < 1:
		w.c.failAt(healthy.src, "is %d, so that an empty queue would be sick; want at least 1", healthy.value)
		return
	case healthy.value > l.deadAbove.value:
		healthy.value, differs = l.deadAbove.value, "It was more than what is dead, so that nothing was sick: now a queue of just so many is."
	}
	switch {
	case healthy.set:
		b.put(kind+"_healthy_below", healthy.value, nil, healthy.origin, differs)
	case differs != "": // it is the one for all queues
		b.m = append(b.m, configfile.Entry{Key: kind + "_healthy_below", Value: healthy.value, After: "no more than what is dead"})
	}
	if l.deadAbove.set {
		b.put(kind+"_dead_above", l.deadAbove.value, nil, l.deadAbove.origin, "")
	}
}

// queue puts the queue that speaks for a node.
func (w *watch) queue(b *block, s *section, mode string) {
	name := s.text("rabbitmq_queue", "")
	own := limits{
		s.number("rabbitmq_queue_nack_healthy_below", w.nack.healthyBelow.value, 0, math.MaxUint32),
		s.number("rabbitmq_queue_nack_dead_above", w.nack.deadAbove.value, 0, math.MaxUint32),
	}
	all := []origin{name.origin, own.healthyBelow.origin, own.deadAbove.origin}
	switch {
	case mode != "push":
		w.unused(mode, all...)
		return
	case !name.set || !w.queues:
		for _, o := range all {
			w.c.missing(o, "It has no effect without a rabbitmq_queue and plugins.rabbitmq, as in Vigil. Nothing to do.")
		}
		return
	}
	at := block{c: w.c, file: exporterFile, path: "services.nodes.rabbitmq_queue"}
	w.unescaped(&at, "name", name)
	w.limits(&at, "nack", own)
	at.into(&b.m, "rabbitmq_queue")
}
