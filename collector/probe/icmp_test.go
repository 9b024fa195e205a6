// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"errors"
	"fmt"
	"sync"
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

func TestICMPTellsItsWay(t *testing.T) {
	t.Parallel()
	ping(t, "127.0.0.1", patience)
	r := probe.NewPinger().ICMP(probe.ICMPOptions{Host: "localhost", Dial: probe.DialOptions{Family: probe.IPv4}}).Probe(t.Context())
	require.NoError(t, r.Err)
	require.Equal(t, "127.0.0.1", r.Addr.String())
	require.Positive(t, r.Lookup)
	require.Equal(t, &probe.ICMPFacts{Setup: r.ICMP.Setup, RTT: r.Took, HopLimit: 64}, r.ICMP)
	var told []string
	for _, e := range r.Events {
		told = append(told, e.What)
	}
	require.Len(t, told, 3, "the name comes first")
	require.Equal(t, []string{"sending echo requests", "answered"}, told[1:])
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
	for i := range 2000 {
		wg.Go(func() {
			p := pinger.ICMP(probe.ICMPOptions{Host: fmt.Sprintf("127.3.%d.%d", i>>8, i&255)})
			if err := p.Probe(t.Context()).Err; err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.True(t, probe.Idle(pinger))
}

func TestICMPNoTurn(t *testing.T) {
	t.Parallel()
	pinger := probe.NewPinger()
	release := probe.Occupy(pinger)
	defer release()
	v := verdict(t, pinger.ICMP(probe.ICMPOptions{Host: "127.0.0.1"}), 50*time.Millisecond)
	requireFailure(t, v, status.Unknown, status.Timeout, "too many pings")
}

// TestNoTurnSaysWhy keeps that a slow resolver is not taken for too many pings.
func TestNoTurnSaysWhy(t *testing.T) {
	t.Parallel()
	require.EqualError(t, probe.NoTurn(2*time.Second, time.Millisecond), "looking up the name took 2s: no time was left to ping")
	require.ErrorContains(t, probe.NoTurn(time.Millisecond, 2*time.Second), "too many pings at a time")
}

func TestWorst(t *testing.T) {
	t.Parallel()
	unknown := &probe.Failure{Status: status.Unknown, Reason: status.Permission, Err: errors.New("forbidden")}
	quick, slow := probe.Pong{Trip: 2}, probe.Pong{Trip: 5}
	dead, forbidden := probe.Pong{Err: probe.Failf(status.Timeout, "no answer")}, probe.Pong{Err: unknown}
	nowhere := probe.Pong{Err: unknown, Nowhere: true}

	require.Equal(t, slow, probe.Worst(quick, slow, quick))
	require.Equal(t, forbidden, probe.Worst(slow, forbidden))
	require.Equal(t, dead, probe.Worst(forbidden, dead, slow))
	require.Equal(t, quick, probe.Worst(nowhere, quick))
	require.Equal(t, nowhere, probe.Worst(nowhere, nowhere))
}

func TestPingerCheck(t *testing.T) {
	t.Parallel()
	ping(t, "127.0.0.1", patience)
	require.NoError(t, probe.NewPinger().Check())
}
