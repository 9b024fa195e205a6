// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// unitTypes are the suffixes of what systemd calls a unit.
var unitTypes = []string{".service", ".socket", ".target", ".device", ".mount", ".automount", ".swap", ".path", ".timer", ".slice", ".scope"}

// watch completes a watch by what holds for all, and checks it.
func (k *checker) watch(p configfile.Path, w *Watch) {
	k.id(p.At("service"), "service", w.Service)
	k.id(p.At("node"), "node", w.Node)
	if w.Replica == "" {
		w.Replica = k.config.Replica
	} else {
		k.id(p.At("replica"), "replica", w.Replica)
	}
	if w.Report == "" {
		w.Report = ReportHealth
	}
	k.oneOf(p.At("report"), w.Report, ReportHealth, ReportLoad)
	k.patience(p, w)
	k.target(p, w)
	k.limits(p.At("limits"), w)
	asked := w.TCP != "" || w.HTTP != nil
	switch {
	case w.SickAfter < 0:
		k.errorf(p.At("sick_after"), "is %s, want 0, for never, or more", w.SickAfter)
	case w.SickAfter != 0 && !asked:
		k.errorf(p.At("sick_after"), "belongs to tcp and http; remove it")
	case w.SickAfter != 0 && w.SickAfter >= w.Timeout:
		k.errorf(p.At("sick_after"), "is %s, not below timeout (%s), so that it is never reached; make it shorter", w.SickAfter, w.Timeout)
	}
	if w.Report == ReportLoad && w.Process == nil && w.Unit == "" {
		k.errorf(p.At("report"), "only processes and units have a load; remove it, and report to a node in mode local")
	}
}

// patience completes when a watch is checked, and how often.
func (k *checker) patience(p configfile.Path, w *Watch) {
	own := w.Interval != 0 || w.Timeout != 0 || w.RetryWait != 0
	inherit(&w.Interval, k.config.Interval)
	if w.Timeout == 0 {
		w.Timeout = min(k.config.Timeout, w.Interval)
	}
	if w.RetryWait == 0 {
		w.RetryWait = min(k.config.RetryWait, w.Interval)
	}
	if own {
		k.times(p, w.Interval, w.Timeout, w.RetryWait)
	}
	if w.Retries == nil {
		w.Retries = &k.config.Retries
		return
	}
	k.retries(p.At("retries"), *w.Retries)
}

func inherit(to *model.Duration, from model.Duration) {
	if *to == 0 {
		*to = from
	}
}

// target checks that there is one thing to watch, and that it can be watched.
func (k *checker) target(p configfile.Path, w *Watch) {
	var set []string
	for _, kind := range []struct {
		key string
		is  bool
	}{{"process", w.Process != nil}, {"unit", w.Unit != ""}, {"tcp", w.TCP != ""}, {"http", w.HTTP != nil}} {
		if kind.is {
			set = append(set, kind.key)
		}
	}
	switch len(set) {
	case 0:
		k.errorf(p, "the watch says nothing to watch; give it one of process, unit, tcp and http")
		return
	case 1:
	default:
		k.errorf(p.At(set[1]), "the watch has more than one thing to watch: %s; make a watch of each", strings.Join(set, " and "))
		return
	}
	switch {
	case w.Process != nil:
		k.process(p.At("process"), w.Process)
	case w.Unit != "":
		k.unit(p.At("unit"), w.Unit)
	case w.TCP != "":
		k.tcp(p.At("tcp"), w.TCP)
	default:
		k.http(p.At("http"), w.HTTP)
	}
}

func (k *checker) process(p configfile.Path, proc *Process) {
	if proc.PIDFile == "" && proc.Name == "" && proc.Cgroup == "" {
		k.errorf(p, "says no process; give it a pid_file, a name or a cgroup")
	}
	if proc.Cgroup != "" && (proc.PIDFile != "" || proc.Name != "") {
		k.errorf(p.At("cgroup"), "a cgroup says which processes are watched; remove pid_file and name")
	}
	if strings.Contains(proc.Name, "/") || proc.Name == "." || proc.Name == ".." {
		k.errorf(p.At("name"), "%q is a path; write its last part", proc.Name)
	}
	if proc.Cgroup != "" {
		k.cgroup(p.At("cgroup"), proc)
	}
	proc.PIDFile = k.file.Path(proc.PIDFile)
	switch {
	case proc.Min < 0:
		k.errorf(p.At("min"), "is %d, want at least 1", proc.Min)
	case proc.Min > 1 && proc.PIDFile != "":
		k.errorf(p.At("min"), "is %d, but a PID file names one process; remove it", proc.Min)
	case proc.Min == 0:
		proc.Min = 1
	}
}

func (k *checker) cgroup(p configfile.Path, proc *Process) {
	name := strings.TrimPrefix(proc.Cgroup, "/sys/fs/cgroup")
	if name != proc.Cgroup {
		k.errorf(p, "%q is a path of the file system; write what /proc/PID/cgroup has after its last colon, such as /system.slice/nginx.service", proc.Cgroup)
		return
	}
	if strings.ContainsRune(name, 0) || slices.Contains(strings.Split(name, "/"), "..") {
		k.errorf(p, "%q leads out of the cgroups; write a path such as /system.slice/nginx.service", proc.Cgroup)
		return
	}
	proc.Cgroup = path.Clean("/" + name)
}

func (k *checker) unit(p configfile.Path, name string) {
	if problem := idProblem("replica", name); problem != "" || strings.ContainsAny(name, "/ *?[") {
		k.errorf(p, "%q is no name of a unit; write one such as nginx.service", name)
	} else if !slices.Contains(unitTypes, path.Ext(name)) {
		k.errorf(p, "%q does not say what it is; write %s.service, or the name with another suffix of systemd", name, name)
	}
}

func (k *checker) tcp(p configfile.Path, address string) {
	host, port, err := net.SplitHostPort(address)
	number, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || portErr != nil || number == 0 {
		k.errorf(p, "%q is no address; write host:port, such as 127.0.0.1:5432 or \"[::1]:5432\"", address)
	}
}
