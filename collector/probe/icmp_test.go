// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// ping pings host, and skips the test where this machine does not let it.
func ping(t *testing.T, host string, limit time.Duration) probe.Verdict {
	t.Helper()
	v := verdict(t, probe.NewPinger().ICMP(probe.ICMPOptions{Host: host}), limit)
	if v.Status == status.Unknown && v.Reason != status.Timeout {
		testkit.Skip(t, "no ping to "+host+" here: "+v.Detail)
	}
	return v
}

func TestICMP(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "::1", "localhost"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, probe.Verdict{Status: status.Healthy}, ping(t, host, patience))
		})
	}
}

func TestICMPTookIsTheRoundTrip(t *testing.T) {
	t.Parallel()
	ping(t, "127.0.0.1", patience)
	r := probe.NewPinger().ICMP(probe.ICMPOptions{Host: "127.0.0.1"}).Probe(t.Context())
	require.NoError(t, r.Err)
	require.Positive(t, r.Took)
	require.Less(t, r.Took, time.Second)
}

func TestICMPNoAnswer(t *testing.T) {
	t.Parallel()
	ping(t, "127.0.0.1", patience)
	// The kernel does not answer pings to a broadcast address.
	v := verdict(t, probe.NewPinger().ICMP(probe.ICMPOptions{Host: "127.255.255.255"}), 100*time.Millisecond)
	requireFailure(t, v, status.Dead, status.Timeout, "ping 127.255.255.255: no answer within")
}

const everybodyMayPing = "everybody may ping"

// TestICMPWithoutPermission runs itself again as a user who may not ping.
func TestICMPWithoutPermission(t *testing.T) {
	t.Parallel()
	const role = "PHAROS_TEST_NOBODY"
	if os.Getenv(role) != "" {
		v := verdict(t, probe.NewPinger().ICMP(probe.ICMPOptions{Host: "127.0.0.1"}), patience)
		if v.Status == status.Healthy {
			t.Skip(everybodyMayPing) // the one that started this process tells
		}
		requireFailure(t, v, status.Unknown, status.Permission, "CAP_NET_RAW")
		return
	}
	if os.Getuid() != 0 {
		testkit.Skip(t, "only root can become a user who may not ping")
	}
	again := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.v", "-test.run=^"+t.Name()+"$")
	again.Env = append(os.Environ(), role+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), everybodyMayPing) {
		testkit.Skip(t, everybodyMayPing+" here")
	}
	require.Contains(t, string(out), "--- PASS: "+t.Name())
}

func TestICMPUnknownName(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.NewPinger().ICMP(probe.ICMPOptions{Host: "name.invalid"}), patience)
	requireFailure(t, v, status.Dead, status.DNS, "name.invalid")
}

func TestICMPManyAtOnce(t *testing.T) {
	t.Parallel()
	ping(t, "127.0.0.1", patience)
	pinger := probe.NewPinger()
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			p := pinger.ICMP(probe.ICMPOptions{Host: "127.0.0.1"})
			err := p.Probe(t.Context()).Err
			for retry := 0; err != nil && retry < 2; retry++ { // as the scheduler does, on a machine that is short of time
				err = p.Probe(t.Context()).Err
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestICMPNoTurn(t *testing.T) {
	t.Parallel()
	pinger := probe.NewPinger()
	release := probe.Occupy(pinger)
	defer release()
	v := verdict(t, pinger.ICMP(probe.ICMPOptions{Host: "127.0.0.1"}), 50*time.Millisecond)
	requireFailure(t, v, status.Unknown, status.Timeout, "too many pings")
}

func TestRoutable(t *testing.T) {
	t.Parallel()
	// An address of an interface that does not exist has no route.
	nowhere := net.IPAddr{IP: net.ParseIP("fe80::1"), Zone: "nonexistent"}
	loopback := net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}

	some, err := probe.Routable(context.Background(), []net.IPAddr{nowhere, loopback})
	require.NoError(t, err)
	require.Equal(t, []net.IPAddr{loopback}, some)

	_, err = probe.Routable(context.Background(), []net.IPAddr{nowhere})
	v := probe.Limits{}.Judge(probe.Result{Err: err})
	requireFailure(t, v, status.Unknown, status.Connect, "this machine has no route to the target")
}

func TestWorst(t *testing.T) {
	t.Parallel()
	unknown := &probe.Failure{Status: status.Unknown, Reason: status.Permission, Err: context.Canceled}
	dead := probe.Failf(status.Timeout, "no answer")

	slowest, err := probe.Worst([]time.Duration{2, 5, 3}, []error{nil, nil, nil})
	require.NoError(t, err)
	require.Equal(t, time.Duration(5), slowest)
	_, err = probe.Worst(make([]time.Duration, 3), []error{unknown, dead, nil})
	require.Equal(t, dead, err)
}
