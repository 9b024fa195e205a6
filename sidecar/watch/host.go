// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/pharos-status/pharos/sidecar/config"
)

// HostOptions say where the machine is found. The zero value is this one.
type HostOptions struct {
	Proc       string // where procfs is mounted; empty: /proc
	Cgroup     string // where the cgroups are; empty: /sys/fs/cgroup
	BusAddress string // of the D-Bus on which systemd is; empty: that of the system
	UserAgent  string // of HTTP requests
}

// A Host is what the watches of one machine share: the table of its processes, and
// the connection to its D-Bus. It is safe for concurrent use.
type Host struct {
	o     HostOptions
	procs *procs
	table table
	bus   *bus
	now   func() time.Time
}

// NewHost returns a Host. It opens nothing before there is something to watch.
func NewHost(o HostOptions) *Host {
	o.Proc, o.Cgroup = cmp.Or(o.Proc, "/proc"), cmp.Or(o.Cgroup, "/sys/fs/cgroup")
	h := &Host{o: o, procs: newProcs(o.Proc), bus: newBus(o.BusAddress), now: time.Now}
	h.table.procs = h.procs
	return h
}

// Close ends the connection to the D-Bus. No watch may be looking any more.
func (h *Host) Close() { h.bus.close() }

// Watch returns a watch. Its error is that of a file that is named in the settings.
func (h *Host) Watch(w *config.Watch) (Watch, error) {
	switch {
	case w.Process != nil:
		return newProcess(h, w), nil
	case w.Unit != "":
		return newUnit(h, w), nil
	case w.TCP != "":
		return newTCP(w), nil
	case w.HTTP != nil:
		return newHTTP(h, w)
	}
	return nil, errors.New("nothing to watch")
}

// A gone error says that there is no such process or cgroup, as opposed to one that
// can't be looked at.
type gone struct{ what string }

// Error implements error.
func (g gone) Error() string { return g.what }

func gonef(format string, args ...any) error { return gone{fmt.Sprintf(format, args...)} }

// verdictOf returns what an error makes of the watched.
func verdictOf(err error) Verdict {
	if g, ok := errors.AsType[gone](err); ok {
		return dead(g.what)
	}
	return unknown(err.Error())
}
