// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/sidecar/config"
)

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>%s</policy>
</busconfig>`

// startBus starts a D-Bus of its own, and returns its address.
func startBus(t *testing.T, policy string) string {
	t.Helper()
	program := testkit.Program(t, "dbus-daemon")
	dir := t.TempDir()
	conf, socket := filepath.Join(dir, "bus.conf"), filepath.Join(dir, "bus")
	require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, busConfig, socket, policy), 0o600))
	cmd := exec.CommandContext(t.Context(), program, "--config-file="+conf, "--nofork", "--print-address")
	cmd.Stderr = testkit.Output(t)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return "unix:path=" + socket
}

// A standIn is what pharos_reporter asks of systemd, under its names.
type standIn struct {
	mu    sync.Mutex
	units map[string]*fakeUnit
}

type fakeUnit struct {
	load, active, sub, result, cgroup string
	restarts                          uint32
}

func (s *standIn) set(name string, u fakeUnit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.units[name] = &u
}

// ListUnitsByNames is a method of org.freedesktop.systemd1.Manager.
func (s *standIn) ListUnitsByNames(names []string) ([]systemd.UnitStatus, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []systemd.UnitStatus
	for _, name := range names {
		u := systemd.UnitStatus{Name: name, LoadState: "not-found", ActiveState: "inactive", SubState: "dead", Path: "/", JobPath: "/"}
		if known := s.units[name]; known != nil {
			u.LoadState, u.ActiveState, u.SubState = known.load, known.active, known.sub
		}
		all = append(all, u)
	}
	return all, nil
}

// properties is org.freedesktop.DBus.Properties of one unit.
type properties struct {
	of   *standIn
	unit string
}

// Get is a method of it.
func (p properties) Get(of, name string) (dbus.Variant, *dbus.Error) {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	u := p.of.units[p.unit]
	if of != "org.freedesktop.systemd1.Service" || u == nil {
		return dbus.Variant{}, dbus.MakeFailedError(fmt.Errorf("no interface %s", of))
	}
	switch name {
	case "NRestarts":
		return dbus.MakeVariant(u.restarts), nil
	case "Result":
		return dbus.MakeVariant(u.result), nil
	case "ControlGroup":
		return dbus.MakeVariant(u.cgroup), nil
	}
	return dbus.Variant{}, dbus.MakeFailedError(fmt.Errorf("no property %s", name))
}

// standInAt puts a stand-in for systemd on a D-Bus.
func standInAt(t *testing.T, address string, names ...string) *standIn {
	t.Helper()
	conn, err := open(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	s := &standIn{units: map[string]*fakeUnit{}}
	require.NoError(t, conn.Export(s, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"))
	for _, name := range names {
		path := dbus.ObjectPath("/org/freedesktop/systemd1/unit/" + systemd.PathBusEscape(name))
		require.NoError(t, conn.Export(properties{s, name}, path, "org.freedesktop.DBus.Properties"))
	}
	reply, err := conn.RequestName("org.freedesktop.systemd1", dbus.NameFlagDoNotQueue)
	require.NoError(t, err)
	require.Equal(t, dbus.RequestNameReplyPrimaryOwner, reply)
	return s
}

func unitOn(t *testing.T, address string, w config.Watch) (Watch, *time.Time) {
	t.Helper()
	now := time.Now()
	h := NewHost(HostOptions{BusAddress: address})
	h.now = func() time.Time { return now }
	t.Cleanup(h.Close)
	made, err := h.Watch(&w)
	require.NoError(t, err)
	return made, &now
}

func TestUnitStates(t *testing.T) {
	t.Parallel()
	address := startBus(t, "")
	s := standInAt(t, address, "a.service")
	w, _ := unitOn(t, address, config.Watch{Unit: "a.service"})
	check(t, w, status.Dead, "systemd knows no unit a.service")
	for _, is := range []struct {
		unit   fakeUnit
		status status.Status
		reason string
	}{
		{fakeUnit{load: "loaded", active: "active", sub: "running"}, status.Healthy, ""},
		{fakeUnit{load: "loaded", active: "active", sub: "exited"}, status.Healthy, ""},
		{fakeUnit{load: "loaded", active: "reloading", sub: "reload"}, status.Sick, `a.service is reloading \(reload\)`},
		{fakeUnit{load: "loaded", active: "activating", sub: "auto-restart"}, status.Sick, `a.service is activating \(auto-restart\)`},
		{fakeUnit{load: "loaded", active: "deactivating", sub: "stop-sigterm"}, status.Sick, `a.service is deactivating \(stop-sigterm\)`},
		{fakeUnit{load: "loaded", active: "failed", sub: "failed", result: "oom-kill"}, status.Dead, `a.service is failed \(failed\): oom-kill`},
		{fakeUnit{load: "loaded", active: "inactive", sub: "dead", result: "success"}, status.Dead, `a.service is inactive \(dead\)`},
		{fakeUnit{load: "masked", active: "inactive", sub: "dead"}, status.Dead, `a.service is inactive \(masked\)`},
		{fakeUnit{load: "not-found", active: "active", sub: "running"}, status.Healthy, ""}, // its file is gone, and it goes on
		{fakeUnit{load: "loaded", active: "floating", sub: "away"}, status.Unknown, `a.service is floating \(away\)`},
	} {
		s.set("a.service", is.unit)
		check(t, w, is.status, is.reason)
	}
}

func TestUnitRestarts(t *testing.T) {
	t.Parallel()
	address := startBus(t, "")
	s := standInAt(t, address, "a.service")
	w, now := unitOn(t, address, config.Watch{Unit: "a.service", Limits: limits(t, "{restarts: {sick_above: 1, dead_above: 3, within: 5m}}")})
	is := fakeUnit{load: "loaded", active: "active", sub: "running", restarts: 7}
	s.set("a.service", is)
	check(t, w, status.Healthy, "")
	is.restarts = 9
	s.set("a.service", is)
	check(t, w, status.Sick, "was restarted 2 times within 5m0s, sick above 1")
	is.active, is.sub = "activating", "auto-restart"
	s.set("a.service", is)
	check(t, w, status.Sick, `a.service is activating \(auto-restart\); was restarted 2 times .*`)
	is.active, is.sub, is.restarts = "active", "running", 11
	s.set("a.service", is)
	check(t, w, status.Dead, "was restarted 4 times .*, dead above 3")
	is.restarts = 0 // somebody started it
	s.set("a.service", is)
	check(t, w, status.Dead, "was restarted 4 times .*")
	*now = now.Add(5*time.Minute + time.Second)
	require.InDelta(t, 4, check(t, w, status.Healthy, "").Figures.RestartsSeen, 0)
}

func TestUnitLimits(t *testing.T) {
	t.Parallel()
	child := begin(t, "sleep", "")
	address := startBus(t, "")
	s := standInAt(t, address, "a.service")
	h := NewHost(HostOptions{BusAddress: address, Cgroup: fakeCgroups(t, true, child.pid())})
	t.Cleanup(h.Close)
	w, err := h.Watch(&config.Watch{Unit: "a.service", Limits: limits(t, "{memory: {sick_above: 30%}, threads: {dead_above: 100}}")})
	require.NoError(t, err)
	is := fakeUnit{load: "loaded", active: "active", sub: "running", cgroup: "/system.slice/a.service"}
	s.set("a.service", is)
	v := check(t, w, status.Sick, "uses 60.0MiB of memory, 60%, sick above 30%")
	require.InDelta(t, 60<<20, v.Figures.Memory, 0)
	is.cgroup = ""
	s.set("a.service", is)
	require.True(t, math.IsNaN(check(t, w, status.Healthy, "").Figures.Memory), "it has no processes any more")
	is.cgroup = "/elsewhere"
	s.set("a.service", is)
	check(t, w, status.Unknown, "there is no cgroup /elsewhere")
}

func TestWithoutSystemdAUnitIsUnknown(t *testing.T) {
	t.Parallel()
	w, _ := unitOn(t, "unix:path="+filepath.Join(t.TempDir(), "none"), config.Watch{Unit: "a.service"})
	check(t, w, status.Unknown, "connect to D-Bus at unix:path=.*none: .* no such file or directory")

	address := startBus(t, "")
	w, _ = unitOn(t, address, config.Watch{Unit: "a.service"})
	check(t, w, status.Unknown, "ask systemd about a.service: The name org.freedesktop.systemd1 was not provided.*")
	s := standInAt(t, address, "a.service")
	s.set("a.service", fakeUnit{load: "loaded", active: "active", sub: "running"})
	check(t, w, status.Healthy, "")

	refusing := startBus(t, `<deny send_destination="org.freedesktop.systemd1"/>`)
	s = standInAt(t, refusing)
	s.set("a.service", fakeUnit{load: "loaded", active: "active", sub: "running"})
	w, _ = unitOn(t, refusing, config.Watch{Unit: "a.service"})
	check(t, w, status.Unknown, "ask systemd about a.service: .*(Rejected send message|not allowed|denied).*")
}

func TestABrokenConnectionIsMadeAgain(t *testing.T) {
	t.Parallel()
	address := startBus(t, "")
	s := standInAt(t, address)
	s.set("a.service", fakeUnit{load: "loaded", active: "active", sub: "running"})
	h := NewHost(HostOptions{BusAddress: address})
	t.Cleanup(h.Close)
	w, err := h.Watch(&config.Watch{Unit: "a.service"})
	require.NoError(t, err)
	check(t, w, status.Healthy, "")
	h.bus.conn.Close()
	check(t, w, status.Healthy, "")
}

// TestASilentBusDoesNotHoldUp: one that takes a connection and never answers.
func TestASilentBusDoesNotHoldUp(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "bus")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	require.NoError(t, err)
	defer l.Close()
	w, _ := unitOn(t, "unix:path="+socket, config.Watch{Unit: "a.service"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	v := w.Check(ctx)
	require.Equal(t, status.Unknown, v.Status)
	require.Less(t, time.Since(begun), 10*time.Second)
	cancel()
	require.Equal(t, status.Unknown, w.Check(ctx).Status)
}

// TestRealSystemd asks the systemd of this user, where one can be started.
func TestRealSystemd(t *testing.T) {
	t.Parallel()
	program := "/lib/systemd/systemd"
	if _, err := os.Stat(program); err != nil {
		testkit.Skip(t, "systemd is not installed")
	}
	address := startBus(t, "")
	runtime := t.TempDir()
	units := filepath.Join(runtime, "systemd", "user")
	require.NoError(t, os.MkdirAll(units, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(units, "exited.service"), []byte("[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"), 0o600))
	cmd := exec.CommandContext(t.Context(), program, "--user", "--unit=exited.service", "--log-target=console")
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+runtime, "DBUS_SESSION_BUS_ADDRESS="+address, "HOME="+runtime)
	cmd.Stdout, cmd.Stderr = testkit.Output(t), testkit.Output(t)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	w, _ := unitOn(t, address, config.Watch{Unit: "exited.service"})
	deadline := time.After(10 * time.Second)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for w.Check(t.Context()).Status != status.Healthy {
		select {
		case err := <-ended:
			testkit.Skip(t, "systemd --user does not start here: "+fmt.Sprint(err))
		case <-deadline:
			testkit.Skip(t, "systemd --user does not answer here")
		case <-again.C:
		}
	}
	absent, _ := unitOn(t, address, config.Watch{Unit: "absent.service"})
	check(t, absent, status.Dead, "systemd knows no unit absent.service")
	_ = cmd.Process.Kill()
	<-ended
}
