// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
)

// A unit watches a unit of systemd: its state, and where there are limits for it what
// its processes use, as its cgroup has it.
type unit struct {
	host   *Host
	name   string
	limits config.Limits
	load   bool
	meter  meter

	restarts uint32 // as systemd counted them last
	counted  bool
}

func newUnit(h *Host, w *config.Watch) *unit {
	return &unit{host: h, name: w.Unit, limits: w.Limits, load: w.Report == config.ReportLoad}
}

// Check implements [Watch].
func (u *unit) Check(ctx context.Context) Verdict {
	v, err := u.check(ctx)
	if err != nil {
		return unknown(err.Error())
	}
	return v
}

func (u *unit) check(ctx context.Context) (Verdict, error) {
	conn, err := u.host.bus.systemd(ctx)
	if err != nil {
		return Verdict{}, err
	}
	all, err := conn.ListUnitsByNamesContext(ctx, []string{u.name})
	if err != nil {
		return Verdict{}, fmt.Errorf("ask systemd about %s: %w", u.name, err)
	}
	if len(all) != 1 {
		return Verdict{}, fmt.Errorf("ask systemd about %s: it told of %d units", u.name, len(all))
	}
	now := u.host.now()
	if u.isService() && (u.limits.Restarts.Set() || u.counted) {
		u.countRestarts(ctx, conn, now)
	}
	s, reason := u.state(ctx, conn, all[0])
	if s == status.Dead || s == status.Unknown {
		v := u.meter.judge(u.limits, unmeasured(), now)
		return Verdict{s, reason, v.Figures}, nil
	}
	g, err := u.group(ctx, conn)
	if err != nil {
		return Verdict{}, err
	}
	v := u.meter.judge(u.limits, g, now)
	j := judgement{status: status.Healthy}
	j.add(s, reason)
	j.add(v.Status, v.Reason)
	return Verdict{j.status, j.reason(), v.Figures}, nil
}

func (u *unit) isService() bool { return strings.HasSuffix(u.name, ".service") }

// state makes a status of what systemd says of a unit.
func (u *unit) state(ctx context.Context, conn *systemd.Conn, is systemd.UnitStatus) (status.Status, string) {
	if is.LoadState != "loaded" && is.ActiveState != "active" {
		if is.LoadState == "not-found" {
			return status.Dead, "systemd knows no unit " + u.name
		}
		return status.Dead, fmt.Sprintf("%s is %s (%s)", u.name, is.ActiveState, is.LoadState)
	}
	words := fmt.Sprintf("%s is %s (%s)", u.name, is.ActiveState, is.SubState)
	switch is.ActiveState {
	case "active":
		return status.Healthy, ""
	case "activating", "deactivating", "reloading", "refreshing", "maintenance":
		return status.Sick, words
	case "failed", "inactive":
		if result := u.result(ctx, conn); result != "" {
			words += ": " + result
		}
		return status.Dead, words
	}
	return status.Unknown, words
}

// result returns why a service has ended; empty if there is nothing to tell.
func (u *unit) result(ctx context.Context, conn *systemd.Conn) string {
	if !u.isService() {
		return ""
	}
	result, _ := property[string](ctx, conn, u.name, "Result") // the state says enough
	if result == "success" {
		return ""
	}
	return result
}

// countRestarts adds what systemd has restarted since the last look. It counts anew
// when somebody starts the unit by hand.
func (u *unit) countRestarts(ctx context.Context, conn *systemd.Conn, now time.Time) {
	n, err := property[uint32](ctx, conn, u.name, "NRestarts")
	if err != nil {
		return // systemd before 235 has none; the start of the processes tells, too
	}
	if u.counted && n > u.restarts {
		u.meter.restarts.add(int(min(n-u.restarts, maxRestarts)), now)
	}
	u.restarts, u.counted = n, true
}

// group measures the processes of the unit, if something is asked for that needs it.
func (u *unit) group(ctx context.Context, conn *systemd.Conn) (group, error) {
	l := u.limits
	if !u.load && !l.CPU.Set() && !l.Memory.Set() && !l.OpenFiles.Set() && !l.Threads.Set() && (u.counted || !l.Restarts.Set()) {
		return unmeasured(), nil
	}
	cgroup, err := property[string](ctx, conn, u.name, "ControlGroup")
	if err != nil {
		return group{}, err
	}
	if cgroup == "" {
		return unmeasured(), nil // it has no processes, as a service that is over (exited)
	}
	g, err := u.host.ofCgroup(cgroup, 0, wants{files: l.OpenFiles.Set(), share: u.load || l.Memory.Percent()})
	if u.counted {
		u.meter.first = identity{} // systemd has counted this restart
	}
	return g, err
}

// unmeasured returns a group of which nothing is known.
func unmeasured() group {
	nan := math.NaN()
	return group{ofCgroup: true, cpu: nan, memory: nan, threads: nan, count: nan, files: nan, share: nan}
}

// property returns a property that units of its type have.
func property[T any](ctx context.Context, conn *systemd.Conn, unit, name string) (T, error) {
	var none T
	suffix := unit[strings.LastIndexByte(unit, '.')+1:]
	kind := strings.ToUpper(suffix[:1]) + suffix[1:]
	p, err := conn.GetUnitTypePropertyContext(ctx, unit, kind, name)
	if err != nil {
		return none, fmt.Errorf("ask systemd about %s of %s: %w", name, unit, err)
	}
	value, ok := p.Value.Value().(T)
	if !ok {
		return none, fmt.Errorf("ask systemd about %s of %s: a value of type %s", name, unit, p.Value.Signature())
	}
	return value, nil
}
