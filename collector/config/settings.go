// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxRetries bounds how long one replica may keep a place among the probes.
const maxRetries = 100

// resolved are the settings that hold on one level of the file.
type resolved struct {
	poll   Poll
	script Script
	push   Push
	local  Local
	tls    *TLS // nil if none are set on any level
	ssh    SSH
}

func defaultSettings() resolved {
	return resolved{
		poll: Poll{
			Interval: 2 * time.Minute, Timeout: 10 * time.Second, SickAfter: 5 * time.Second,
			Retries: 2, RetryWait: 500 * time.Millisecond, StatusFrom: 200, StatusBelow: 400,
		},
		script: Script{Interval: 5 * time.Minute, Timeout: time.Minute, RetryWait: 500 * time.Millisecond},
		push:   Push{DeadAfter: 20 * time.Second, CPUSickAbove: 0.90, RAMSickAbove: 0.90},
		local:  Local{DeadAfter: 40 * time.Second},
	}
}

// settings returns what holds where s stands at p, below a level with above.
func (l *loader) settings(p configfile.Path, s settings, above resolved) resolved {
	return resolved{
		poll:   l.poll(p.At("poll"), s.Poll, above.poll),
		script: l.script(p.At("script"), s.Script, above.script),
		push:   l.push(p.At("push"), s.Push, above.push),
		local:  l.local(p.At("local"), s.Local, above.local),
		tls:    l.tls(p.At("tls"), s.TLS, above.tls),
		ssh:    l.ssh(p.At("ssh"), s.SSH, above.ssh),
	}
}

// poll returns the settings of d over those above; where d is wrong, those above.
func (l *loader) poll(p configfile.Path, d *pollDocument, above Poll) Poll {
	if d == nil {
		return above
	}
	out, before := above, len(l.errs)
	l.positive(p.At("interval"), d.Interval, &out.Interval)
	l.positive(p.At("timeout"), d.Timeout, &out.Timeout)
	set(d.SickAfter, &out.SickAfter)
	set(d.RetryWait, &out.RetryWait)
	l.retries(p.At("retries"), d.Retries, &out.Retries)
	l.httpStatus(p.At("http_status"), d.HTTPStatus, &out)
	if len(l.errs) == before {
		l.slowness(p, d, out)
	}
	if len(l.errs) > before {
		return above // so that the levels below don't tell the same again
	}
	return out
}

func (l *loader) slowness(p configfile.Path, d *pollDocument, out Poll) {
	sick, timeout := model.Duration(out.SickAfter), model.Duration(out.Timeout)
	switch {
	case sick <= timeout:
	case d.SickAfter != nil:
		l.fail(p.At("sick_after"), "is %v, longer than the timeout (%v), so a slow replica would be dead before it is sick; make it shorter", sick, timeout)
	default:
		l.fail(p.At("timeout"), "is %v, shorter than sick_after (%v), so a slow replica would be dead before it is sick; set sick_after here too", timeout, sick)
	}
}

func (l *loader) httpStatus(p configfile.Path, d *httpStatusDocument, out *Poll) {
	if d == nil {
		return
	}
	if d.From != nil {
		out.StatusFrom = *d.From
	}
	if d.Below != nil {
		out.StatusBelow = *d.Below
	}
	switch {
	case out.StatusFrom < 100 || out.StatusFrom > 599:
		l.fail(p.At("from"), "is %d, want an HTTP status, 100 to 599", out.StatusFrom)
	case out.StatusBelow < 101 || out.StatusBelow > 600:
		l.fail(p.At("below"), "is %d, want 101 to 600", out.StatusBelow)
	case out.StatusFrom >= out.StatusBelow:
		l.fail(p, "no status is healthy: from (%d) has to be less than below (%d)", out.StatusFrom, out.StatusBelow)
	}
}

func (l *loader) retries(p configfile.Path, from *int, to *int) {
	if from == nil {
		return
	}
	*to = *from
	if *from < 0 || *from > maxRetries {
		l.fail(p, "is %d, want 0 to %d", *from, maxRetries)
	}
}

func (l *loader) push(p configfile.Path, d *pushDocument, out Push) Push {
	if d != nil {
		l.positive(p.At("dead_after"), d.DeadAfter, &out.DeadAfter)
		set(d.ForgetAfter, &out.ForgetAfter)
		l.load(p.At("cpu_sick_above"), d.CPUSickAbove, &out.CPUSickAbove)
		l.load(p.At("ram_sick_above"), d.RAMSickAbove, &out.RAMSickAbove)
	}
	return out
}

func (l *loader) local(p configfile.Path, d *localDocument, out Local) Local {
	if d != nil {
		l.positive(p.At("dead_after"), d.DeadAfter, &out.DeadAfter)
		set(d.ForgetAfter, &out.ForgetAfter)
	}
	return out
}

func set(from *model.Duration, to *time.Duration) {
	if from != nil {
		*to = time.Duration(*from)
	}
}

func (l *loader) positive(p configfile.Path, from *model.Duration, to *time.Duration) {
	set(from, to)
	if from != nil && *from <= 0 {
		l.fail(p, "is %v, want more than 0", *from)
	}
}

func (l *loader) load(p configfile.Path, from *float64, to *float64) {
	if from == nil {
		return
	}
	*to = *from
	if math.IsNaN(*from) || math.IsInf(*from, 0) || *from <= 0 {
		l.fail(p, "is %v, want a ratio above 0, such as 0.90", *from)
	}
}
