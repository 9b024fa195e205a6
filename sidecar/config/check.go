// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// maxRetries bounds how long a dead watch can go on to look as it did.
const maxRetries = 10

// A checker collects what is wrong with a file, and completes what is right.
type checker struct {
	file     *configfile.File
	config   *Config
	hostname func() (string, error)
	errs     configfile.Errors
}

func (k *checker) errorf(p configfile.Path, format string, args ...any) {
	k.errs = append(k.errs, k.file.Errorf(p, format, args...))
}

func (k *checker) check() {
	c := k.config
	k.servers()
	k.oneOf(configfile.Path{"send"}, c.Send, SendAll, SendFirst)
	k.oneOf(configfile.Path{"on_stop"}, c.OnStop, OnStopKeep, OnStopFlush)
	k.times(nil, c.Interval, c.Timeout, c.RetryWait)
	k.retries(configfile.Path{"retries"}, c.Retries)
	k.replica()
	if len(c.Watch) == 0 {
		k.errorf(configfile.Path{"watch"}, "nothing is watched; write what is, such as watch: [{service: web, node: worker, process: {name: nginx}}]")
	}
	seen := map[status.ID]int{}
	for i := range c.Watch {
		w, p := &c.Watch[i], configfile.Path{"watch", i}
		k.watch(p, w)
		if first, ok := seen[w.ID()]; ok && w.Service != "" && w.Node != "" {
			k.errorf(p, "number %d of the list is reported as %q as well; give one of them a replica of its own", first+1, w.ID().String())
		} else {
			seen[w.ID()] = i
		}
	}
}

func (k *checker) oneOf(p configfile.Path, value, first, second string) {
	if value != first && value != second {
		k.errorf(p, "%q is not known; write %s or %s", value, first, second)
	}
}

func (k *checker) times(p configfile.Path, interval, timeout, wait model.Duration) {
	if interval < model.Duration(time.Second) {
		k.errorf(p.At("interval"), "is %s, want at least 1s", interval)
	}
	if timeout <= 0 {
		k.errorf(p.At("timeout"), "is %s, want more than 0", timeout)
	} else if timeout > interval {
		k.errorf(p.At("timeout"), "is %s, longer than interval (%s); make it shorter", timeout, interval)
	}
	if wait <= 0 {
		k.errorf(p.At("retry_wait"), "is %s, want more than 0", wait)
	} else if wait > interval {
		k.errorf(p.At("retry_wait"), "is %s, longer than interval (%s); make it shorter", wait, interval)
	}
}

func (k *checker) retries(p configfile.Path, n int) {
	if n < 0 || n > maxRetries {
		k.errorf(p, "is %d, want 0 to %d", n, maxRetries)
	}
}

// replica completes the name of this machine.
func (k *checker) replica() {
	p := configfile.Path{"replica"}
	if k.config.Replica == "" {
		name, err := k.hostname()
		if err != nil {
			k.errorf(p, "this machine does not tell its name (%v); write one", err)
			return
		}
		k.config.Replica = name
	}
	k.id(p, "replica", k.config.Replica)
}

// id checks a name that becomes part of a path and a label value.
func (k *checker) id(p configfile.Path, what, id string) {
	if problem := idProblem(what, id); problem != "" {
		k.errorf(p, "%s", problem)
	}
}

func idProblem(what, id string) string {
	switch {
	case id == "":
		return fmt.Sprintf("the watch has no %s; write its id, as in exporter.yml", what)
	case len(id) > status.MaxIDLength:
		return fmt.Sprintf("has %d bytes, want at most %d", len(id), status.MaxIDLength)
	case !utf8.ValidString(id):
		return fmt.Sprintf("%q is not valid UTF-8; mend what the variable in it holds", id)
	case strings.ContainsFunc(id, unicode.IsControl):
		return fmt.Sprintf("%q has a control character; remove it", id)
	case what != "replica" && strings.Contains(id, "/"), id == ".", id == "..":
		return fmt.Sprintf("%q can't be part of a path; use an id without a slash that is neither . nor ..", id)
	}
	return ""
}
