// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"fmt"
	"math"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

const exporterFile = "exporter.yml"

// longest is the longest time that is taken for one, in seconds: ten years.
const longest = 10 * 365 * 24 * 60 * 60

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// metrics returns the settings of all services.
func (c *converter) metrics(s *section) configfile.Map {
	var defaults configfile.Map
	poll := block{c: c, file: exporterFile, path: "defaults.poll"}
	interval := s.number("poll_interval", 120, 1, longest)
	poll.put("interval", seconds(interval.value), 2*time.Minute, interval.origin, onTheClock)
	c.pollLimits(&poll, s, 5)
	c.pollRetries(&poll, s)
	c.httpStatus(&poll, s)
	poll.into(&defaults, "poll")

	c.scriptSettings(s.number("script_interval", 300, 1, longest), &defaults)

	push := block{c: c, file: exporterFile, path: "defaults.push"}
	late := s.number("push_delay_dead", 20, 1, longest)
	push.put("dead_after", seconds(late.value), 20*time.Second, late.origin, "")
	c.load(&push, s.real("push_system_cpu_sick_above", 0.99), "cpu_sick_above")
	c.load(&push, s.real("push_system_ram_sick_above", 0.99), "ram_sick_above")
	push.into(&defaults, "push")

	local := block{c: c, file: exporterFile, path: "defaults.local"}
	late = s.number("local_delay_dead", 40, 1, longest)
	local.put("dead_after", seconds(late.value), 40*time.Second, late.origin, "")
	local.into(&defaults, "local")

	c.missing(s.number("poll_parallelism", 4, 1, math.MaxUint16).origin, "Not needed: there is room for all. To ask fewer at a time, write parallelism: {poll: N}.")
	c.missing(s.number("script_parallelism", 2, 1, math.MaxUint16).origin, "Left out: 8 run at a time. For more or fewer, write parallelism: {script: N}.")
	s.done()
	return defaults
}

const onTheClock = "Each replica has its own turn so often; Vigil waited so long after the end of a whole round."

// pollLimits puts how slow a replica may be.
func (c *converter) pollLimits(b *block, s *section, sickAfter int) {
	dead := s.number("poll_delay_dead", 10, 1, longest)
	sick := s.number("poll_delay_sick", sickAfter, 0, longest)
	timeout, after, differs := seconds(dead.value), seconds(sick.value), ""
	switch {
	case sick.value == 0:
		after, differs = time.Millisecond, "0 made every replica sick, and does so almost: from a millisecond on. 0s would be never."
	case after > timeout:
		after, differs = 0, "It was after poll_delay_dead, so that no replica ever was sick of it: 0s is never."
	}
	b.put("timeout", timeout, 10*time.Second, dead.origin, "")
	b.put("sick_after", after, 5*time.Second, sick.origin, differs)
}

// pollRetries puts how often a dead replica is asked again. Older versions of Vigil
// had poll_retry alone, and meant by it for how many seconds to wait before asking
// once more.
func (c *converter) pollRetries(b *block, s *section) {
	const likely = 5 // no more retries than that
	retry := s.number("poll_retry", 2, 0, longest)
	wait := s.number("poll_retry_wait", 500, 0, longest)
	count, pause, pauseFrom := retry.value, time.Duration(wait.value)*time.Millisecond, wait.origin
	differs := ""
	switch {
	case retry.set && !wait.set && retry.value > likely:
		count, pause, pauseFrom = 1, seconds(retry.value), retry.origin
		differs = "Taken as older versions of Vigil meant it, as the seconds before a single retry. If it is a number of retries, write it there."
	case retry.set && !wait.set:
		differs = "Taken as a number of retries, as Vigil reads it now. Older versions meant the seconds before a single one: then it would be retries: 1 and retry_wait: " + fmt.Sprintf("%ds.", retry.value)
	case count > maxRetries:
		count, differs = maxRetries, "There are at most 100."
	}
	b.put("retries", count, 2, retry.origin, differs)
	b.m = append(b.m, retryWait(pause, pauseFrom)...)
	if pauseFrom.set && wait.set {
		c.note(wait.origin, exporterFile+": defaults.poll.retry_wait", "")
	}
}

// maxRetries is the most that exporter.yml takes.
const maxRetries = 100

func retryWait(pause time.Duration, from origin) configfile.Map {
	if pause == 500*time.Millisecond && !from.set {
		return nil
	}
	return configfile.Map{{Key: "retry_wait", Value: pause, After: from.after()}}
}

// httpStatus puts which statuses are healthy. There are none below 100 and above 599.
func (c *converter) httpStatus(b *block, s *section) {
	from := s.number("poll_http_status_healthy_above", 200, 0, math.MaxUint16)
	below := s.number("poll_http_status_healthy_below", 400, 0, math.MaxUint16)
	first, end := max(from.value, 100), min(below.value, 600)
	if first >= end {
		at := from
		if below.set {
			at = below
		}
		c.failAt(at.src, "no status is healthy: poll_http_status_healthy_above (%d) has to be less than poll_http_status_healthy_below (%d), between 100 and 600", from.value, below.value)
		return
	}
	codes := block{c: c, file: exporterFile, path: "defaults.poll.http_status"}
	codes.put("from", first, 200, from.origin, "")
	codes.put("below", end, 400, below.origin, "")
	codes.into(&b.m, "http_status")
}

// load puts from which load on a replica is sick.
func (c *converter) load(b *block, s setting[float64], key string) {
	if math.IsNaN(s.value) || math.IsInf(s.value, 0) || s.value <= 0 {
		c.failAt(s.src, "is %v, want a ratio above 0, such as 0.90", s.value)
		return
	}
	b.put(key, s.value, 0.90, s.origin, "")
}

// scriptSettings puts what holds for all scripts.
func (c *converter) scriptSettings(interval setting[int], defaults *configfile.Map) {
	b := block{c: c, file: exporterFile, path: "defaults.script"}
	every := seconds(interval.value)
	b.put("interval", every, 5*time.Minute, interval.origin, onTheClock+" A script that is still running after this time, but not before a minute, is killed and dead; Vigil waited without end.")
	b.m = append(b.m,
		configfile.Entry{Key: "timeout", Value: max(every, time.Minute), After: "Vigil has no limit"},
		configfile.Entry{Key: "nagios_unknown", Value: "dead", After: "as in Vigil, where 3 is dead as all from 2 on"})
	b.into(defaults, "script")
}
