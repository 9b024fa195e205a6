// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"encoding/hex"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// TestNoFamily keeps that a machine which lacks a family, for want of its addresses
// or by its kernel, pings by the other.
func TestNoFamily(t *testing.T) {
	t.Parallel()
	for _, err := range []syscall.Errno{syscall.EAFNOSUPPORT, syscall.EADDRNOTAVAIL} {
		require.True(t, probe.NowhereWithout(os.NewSyscallError("socket", err)), err)
	}
	for _, err := range []syscall.Errno{syscall.EMFILE, syscall.EPERM} {
		require.False(t, probe.NowhereWithout(os.NewSyscallError("socket", err)), err)
	}
}

// socketKinds returns the kinds of sockets by which pings are made.
func socketKinds() []string { return []string{"privileged", "unprivileged"} }

// aloneWith is alone in a network that allows one kind of sockets.
func aloneWith(t *testing.T, kind, commands string) bool {
	t.Helper()
	if !alone(t, commands) {
		return false
	}
	setting(t, "net/ipv4/ping_group_range", map[string]string{"privileged": "1 0", "unprivileged": "0 0"}[kind])
	privileged, err := probe.Privileged(probe.NewPinger())
	require.NoError(t, err)
	require.Equal(t, kind == "privileged", privileged)
	return true
}

const (
	router    = "127.9.9.9"
	short     = 300 * time.Millisecond // of patience; packets leave 100 ms apart
	noAnswer  = "no answer to 3 packets within"
	smallLink = "link set lo mtu 1500 up"
)

// A target is an address, how it answers, and what is to be made of it.
type target struct {
	answers func(r request) [][]byte
	status  status.Status
	reason  status.Reason
	detail  string // "%" stands for the address
	packets int    // that it gets
}

var target4s = map[string]target{
	"127.1.0.1": {
		func(request) [][]byte { return nil },
		status.Dead, status.Timeout, "ping %: " + noAnswer, 3,
	},
	"127.1.0.2": { // the first packet is lost
		func(r request) [][]byte { return after(1, r, r.answer(r.to, 64)) },
		status.Healthy, status.None, "", 2,
	},
	"127.1.0.3": {
		func(r request) [][]byte { return [][]byte{r.refuse(netip.MustParseAddr(router), 3, 1)} },
		status.Dead, status.Connect, "ping %: host unreachable, says " + router, 2,
	},
	"127.1.0.4": { // one error passes
		func(r request) [][]byte {
			return append(until(1, r, r.refuse(r.to, 3, 1)), after(1, r, r.answer(r.to, 64))...)
		},
		status.Healthy, status.None, "", 2,
	},
	"127.1.0.5": {
		func(r request) [][]byte { return [][]byte{r.refuse(netip.MustParseAddr(router), 11, 0)} },
		status.Dead, status.Connect, "ping %: hop limit exceeded, says " + router, 2,
	},
	"127.1.0.6": { // an error, then silence
		func(r request) [][]byte { return until(1, r, r.refuse(r.to, 3, 13)) },
		status.Dead, status.Connect, "ping %: communication prohibited, says %", 3,
	},
	"127.1.0.7": { // somebody else answers
		func(r request) [][]byte { return [][]byte{r.answer(netip.MustParseAddr(router), 64)} },
		status.Dead, status.Timeout, noAnswer, 3,
	},
	"127.1.0.8": { // the payload is another one
		func(r request) [][]byte { r.packet[ipHeader+icmpHeader]++; return [][]byte{r.answer(r.to, 64)} },
		status.Dead, status.Timeout, noAnswer, 3,
	},
	"127.1.0.9": { // the answer is for somebody else
		func(r request) [][]byte { r.packet[ipHeader+4]++; return [][]byte{r.answer(r.to, 64)} },
		status.Dead, status.Timeout, noAnswer, 3,
	},
	"127.1.0.10": { // the answer is to a packet that was never sent
		func(r request) [][]byte { r.packet[ipHeader+6] += 0x80; return [][]byte{r.answer(r.to, 64)} },
		status.Dead, status.Timeout, noAnswer, 3,
	},
	"127.1.0.11": { // a redirect, half a packet, an error about somebody else, and the answer thrice
		func(r request) [][]byte {
			other := request{packet: append([]byte(nil), r.packet...), from: r.from}
			other.packet[ipHeader+6] += 0x80
			answer := r.answer(r.to, 64)
			return [][]byte{r.refuse(r.to, 5, 1), ip(r.to, r.from, 64, []byte{0, 0, 0, 0}), other.refuse(r.to, 3, 1), answer, answer, answer}
		},
		status.Healthy, status.None, "", 1,
	},
}

// after returns the packets if r is not among the first n requests, until if it is.
func after(n int, r request, packets ...[]byte) [][]byte {
	if r.n < n {
		return nil
	}
	return packets
}

func until(n int, r request, packets ...[]byte) [][]byte {
	if r.n >= n {
		return nil
	}
	return packets
}

func TestICMPTargets(t *testing.T) {
	t.Parallel()
	for _, kind := range socketKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if !aloneWith(t, kind, smallLink) {
				return
			}
			seen := respond(t, func(r request) [][]byte { return target4s[r.to.String()].answers(r) })
			pinger := probe.NewPinger()
			t.Run("targets", func(t *testing.T) {
				for addr, want := range target4s {
					t.Run(addr, func(t *testing.T) {
						t.Parallel()
						v := verdict(t, pinger.ICMP(probe.ICMPOptions{Host: addr, Patience: short}), patience)
						requireFailure(t, v, want.status, want.reason, strings.ReplaceAll(want.detail, "%", addr))
						require.Len(t, requestsTo(seen(), addr), want.packets)
					})
				}
			})
			require.True(t, probe.Idle(pinger))
		})
	}
}

func requestsTo(all []request, addr string) (some []request) {
	for _, r := range all {
		if r.to.String() == addr {
			some = append(some, r)
		}
	}
	return some
}

func TestICMPErrorsEndItSoon(t *testing.T) {
	t.Parallel()
	for _, kind := range socketKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if !aloneWith(t, kind, smallLink) {
				return
			}
			respond(t, func(r request) [][]byte { return [][]byte{r.refuse(r.to, 3, 1)} })
			r := probe.NewPinger().ICMP(probe.ICMPOptions{Host: "127.1.0.1", Patience: time.Minute}).Probe(t.Context())
			require.ErrorContains(t, r.Err, "host unreachable")
			require.Less(t, r.Took, patience)
		})
	}
}

func TestICMPOptions(t *testing.T) {
	t.Parallel()
	source := probe.DialOptions{Source: netip.MustParseAddr("127.0.0.99")}
	tests := map[string]struct {
		o    probe.ICMPOptions
		want request
	}{
		"127.2.0.1": {probe.ICMPOptions{}, request{hops: 64, payload: 56}},
		"127.2.0.2": {probe.ICMPOptions{HopLimit: 7, PayloadSize: 1400}, request{hops: 7, payload: 1400}},
		"127.2.0.3": {probe.ICMPOptions{DontFragment: true, PayloadSize: 1472}, request{hops: 64, intact: true, payload: 1472}},
		"127.2.0.4": {probe.ICMPOptions{Dial: source, PayloadSize: 1}, request{hops: 64, payload: 1, from: source.Source}},
		"127.2.0.5": {probe.ICMPOptions{PayloadSize: 20_000}, request{hops: 64, payload: 20_000}}, // in pieces
		"127.2.0.6": {probe.ICMPOptions{PayloadSize: 1 << 20}, request{hops: 64, payload: probe.MaxICMPPayload}},
	}
	for _, kind := range socketKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if !aloneWith(t, kind, smallLink) {
				return
			}
			seen := respond(t, func(r request) [][]byte { return [][]byte{r.answer(r.to, 42)} })
			pinger := probe.NewPinger()
			t.Run("options", func(t *testing.T) {
				for addr, test := range tests {
					t.Run(addr, func(t *testing.T) {
						t.Parallel()
						test.o.Host = addr
						r := pinger.ICMP(test.o).Probe(t.Context())
						require.NoError(t, r.Err)
						require.Equal(t, addr, r.Addr.String())
						require.Equal(t, 42, r.ICMP.HopLimit)
						require.Equal(t, r.Took, r.ICMP.RTT)
						require.Positive(t, r.ICMP.Setup)

						requests := requestsTo(seen(), addr)
						require.Len(t, requests, 1)
						got := requests[0]
						if !test.want.from.IsValid() {
							got.from = netip.Addr{}
						}
						require.Equal(t, test.want, request{from: got.from, hops: got.hops, intact: got.intact, payload: got.payload})
					})
				}
			})
		})
	}
}

func TestICMPLateAnswer(t *testing.T) {
	t.Parallel()
	for _, kind := range socketKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if !aloneWith(t, kind, smallLink) {
				return
			}
			var first [][]byte
			respond(t, func(r request) [][]byte { // to the first packet, once the second has come
				if r.n == 0 {
					first = [][]byte{r.answer(r.to, 64)}
					return nil
				}
				return first
			})
			r := probe.NewPinger().ICMP(probe.ICMPOptions{Host: "127.1.0.1", Patience: short}).Probe(t.Context())
			require.NoError(t, r.Err)
			require.GreaterOrEqual(t, r.Took, short/3, "the trip is that of the packet that was answered")
		})
	}
}

func TestICMPNotSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		o      probe.ICMPOptions
		reason status.Reason
		detail string
	}{
		"no route":          {probe.ICMPOptions{Host: "10.1.1.1"}, status.Connect, "this machine has no route to the target"},
		"no route in IPv6":  {probe.ICMPOptions{Host: "2001:db8::1"}, status.Connect, "this machine has no route to the target"},
		"forbidden":         {probe.ICMPOptions{Host: "10.2.1.1"}, status.Permission, "this machine lets nobody ping 10.2.1.1"},
		"broadcast":         {probe.ICMPOptions{Host: "127.255.255.255"}, status.Permission, "this machine lets nobody ping"},
		"no such interface": {probe.ICMPOptions{Host: "fe80::1%nonexistent"}, status.Connect, `interface "nonexistent"`},
		"too large":         {probe.ICMPOptions{Host: "127.0.0.1", DontFragment: true, PayloadSize: 1473}, status.Connect, "larger than this machine may send"},
		"not its address":   {probe.ICMPOptions{Host: "127.0.0.1", Dial: probe.DialOptions{Source: netip.MustParseAddr("192.0.2.1")}}, status.Connect, "send from 192.0.2.1"},
		"of another family": {probe.ICMPOptions{Host: "127.0.0.1", Dial: probe.DialOptions{Source: netip.MustParseAddr("::1")}}, status.Connect, "no address of the family of ::1"},
	}
	for _, kind := range socketKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if !aloneWith(t, kind, smallLink+"\nroute add prohibit 10.2.0.0/16") {
				return
			}
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					v := verdict(t, probe.NewPinger().ICMP(test.o), patience)
					requireFailure(t, v, status.Unknown, test.reason, test.detail)
				})
			}
		})
	}
}

func TestICMPv6(t *testing.T) {
	t.Parallel()
	const addresses = smallLink + "\naddr add 2001:db8::2/128 dev lo"
	for _, kind := range socketKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if !aloneWith(t, kind, addresses) {
				return
			}
			pinger := probe.NewPinger()
			var r probe.Result
			require.Eventually(t, func() bool { // the kernel takes a moment to have the address
				r = pinger.ICMP(probe.ICMPOptions{Host: "2001:db8::2", HopLimit: 9}).Probe(t.Context())
				return r.Err == nil
			}, patience, 10*time.Millisecond)
			require.Equal(t, 64, r.ICMP.HopLimit)
			r = pinger.ICMP(probe.ICMPOptions{Host: "::1", PayloadSize: 5000, Dial: probe.DialOptions{Source: netip.MustParseAddr("2001:db8::2")}}).Probe(t.Context())
			require.NoError(t, r.Err)

			setting(t, "net/ipv6/icmp/echo_ignore_all", "1")
			v := verdict(t, pinger.ICMP(probe.ICMPOptions{Host: "::1", Patience: short}), patience)
			requireFailure(t, v, status.Dead, status.Timeout, noAnswer)

			refuse6(t)
			v = verdict(t, pinger.ICMP(probe.ICMPOptions{Host: "::1", Patience: time.Minute}), patience)
			requireFailure(t, v, status.Dead, status.Connect, "ping ::1: address unreachable, says ::1")
		})
	}
}

// refuse6 answers the echo requests to ::1 in this network by the error that the address
// can't be reached.
func refuse6(t *testing.T) {
	t.Helper()
	const echoRequest = 128
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_ICMPV6)
	require.NoError(t, err)
	header, err := hex.DecodeString("60000000" + "00403a40" + strings.Repeat("00000000000000000000000000000001", 2))
	require.NoError(t, err)
	serveRaw(t, os.NewFile(uintptr(fd), "responder"), func(b []byte) (answers [][]byte) {
		if b[0] != echoRequest {
			return nil
		}
		return [][]byte{append(append([]byte{1, 3, 0, 0, 0, 0, 0, 0}, header...), b[:16]...)}
	}, &unix.SockaddrInet6{Addr: netip.IPv6Loopback().As16()})
}

// TestICMPWithoutPermission runs itself again as a user who may not ping.
func TestICMPWithoutPermission(t *testing.T) {
	t.Parallel()
	const role = "PHAROS_TEST_NOBODY"
	if os.Getenv(role) != "" {
		pinger := probe.NewPinger()
		v := verdict(t, pinger.ICMP(probe.ICMPOptions{Host: "127.0.0.1"}), patience)
		for _, what := range []string{"no permission to ping", "net.ipv4.ping_group_range", "setcap cap_net_raw+ep"} {
			requireFailure(t, v, status.Unknown, status.Permission, what)
		}
		require.EqualError(t, pinger.Check(), v.Detail)
		return
	}
	if os.Getuid() != 0 {
		testkit.Skip(t, "only root can become a user who may not ping")
	}
	again := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.v", "-test.run=^"+t.Name()+"$")
	again.Env = append(os.Environ(), role+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET, // where no group may ping
		Credential: &syscall.Credential{Uid: 65534, Gid: 65534},
	}
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
}

func FuzzExtendedError(f *testing.F) {
	const header, from4, from6 = "71000000 02 03 01 00 00000000 00000000", "02000000 0a010101 0000000000000000", "0a000000 00000000 20010db8 00000000 00000000 000000ff 00000000"
	f.Add(packet(f, header+from4))
	f.Add(packet(f, strings.Replace(header, "02 03 01", "03 01 00", 1)+from6))
	f.Add(packet(f, strings.Replace(header, "02 03 01", "01 00 00", 1)+from4))
	f.Fuzz(func(t *testing.T, b []byte) {
		words, from, ok := probe.ExtendedError(b)
		if ok != from.IsValid() || ok == (words == "") {
			t.Errorf("%q from %v: %v", words, from, ok)
		}
	})
}

func TestExtendedError(t *testing.T) {
	t.Parallel()
	words, from, ok := probe.ExtendedError(packet(t, "71000000 02 03 01 00 00000000 00000000 02000000 0a010101 0000000000000000"))
	require.True(t, ok)
	require.Equal(t, "host unreachable", words)
	require.Equal(t, "10.1.1.1", from.String())
	_, _, ok = probe.ExtendedError(packet(t, "5a000000 01 00 00 00 000005dc 00000000 00000000 00000000 0000000000000000"))
	require.False(t, ok, "the machine's own word is told by the call that sends")
}
