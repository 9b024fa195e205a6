// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
)

// packet returns the bytes of hexadecimal digits, between which there may be spaces.
func packet(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	require.NoError(t, err)
	return b
}

const (
	ipv4To   = "4500002c 00004000 40010000 7f000001 0a090807" // 44 bytes of ICMP from 127.0.0.1 to 10.9.8.7
	ipv4From = "4500002c 00000000 2a010000 0a090807 7f000001" // the way back, with 42 hops left
	ipv6To   = "60000000 00103a40 20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
	echo     = "0000 1234 0007 0102030405060708"
)

func TestParseICMP(t *testing.T) {
	t.Parallel()
	target4, target6 := netip.MustParseAddr("10.9.8.7"), netip.MustParseAddr("2001:db8::2")
	router4, router6 := netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("2001:db8::ff")
	payload := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	want := func(target netip.Addr, hops int, err string) *probe.Message {
		return &probe.Message{Target: target, ID: 0x1234, Seq: 7, Payload: payload, Hops: hops, Err: err}
	}
	tests := map[string]struct {
		digits     string
		v6, header bool
		from       netip.Addr
		want       *probe.Message // nil: nothing that matters
	}{
		"answer":                       {"0000" + echo, false, false, target4, want(target4, 9, "")},
		"answer with its header":       {ipv4From + "0000" + echo, false, true, target4, want(target4, 42, "")},
		"header with options":          {"46" + ipv4From[2:] + "01010101 0000" + echo, false, true, target4, want(target4, 42, "")},
		"answer in IPv6":               {"8100" + echo, true, false, target6, want(target6, 9, "")},
		"request":                      {"0800" + echo, false, false, target4, nil},
		"answer of the other version":  {"8100" + echo, false, false, target4, nil},
		"host unreachable":             {"0301 0000 00000000" + ipv4To + "0800" + echo, false, false, router4, want(target4, 0, "host unreachable, says 10.1.1.1")},
		"unreachable in an odd way":    {"03ff 0000 00000000" + ipv4To + "0800" + echo, false, false, router4, want(target4, 0, "ICMP error of type 3, code 255, says 10.1.1.1")},
		"hop limit":                    {"0b00 0000 00000000" + ipv4To + "0800" + echo, false, false, router4, want(target4, 0, "hop limit exceeded, says 10.1.1.1")},
		"redirect":                     {"0500 0000 00000000" + ipv4To + "0800" + echo, false, false, router4, nil},
		"error about an answer":        {"0301 0000 00000000" + ipv4To + "0000" + echo, false, false, router4, nil},
		"error about UDP":              {"0301 0000 00000000" + strings.Replace(ipv4To, "4001", "4011", 1) + "0800" + echo, false, false, router4, nil},
		"error that quotes too little": {"0301 0000 00000000" + ipv4To + "0800 0000 1234", false, false, router4, nil},
		"no route in IPv6":             {"0100 0000 00000000" + ipv6To + "8000" + echo, true, false, router6, want(target6, 0, "no route to the address, says 2001:db8::ff")},
		"too big in IPv6":              {"0200 0000 00000500" + ipv6To + "8000" + echo, true, false, router6, nil},
		"error about TCP in IPv6":      {"0100 0000 00000000" + strings.Replace(ipv6To, "3a40", "0640", 1) + "8000" + echo, true, false, router6, nil},
		"header too long":              {"4f" + ipv4From[2:] + "0000" + echo, false, true, target4, nil},
		"header too short":             {"44" + ipv4From[2:] + "0000" + echo, false, true, target4, nil},
		"IPv6 where IPv4 is":           {"65" + ipv4From[2:] + "0000" + echo, false, true, target4, nil},
		"half a header":                {ipv4From[:20], false, true, target4, nil},
		"half a message":               {"0000 0000 1234", false, false, target4, nil},
		"nothing":                      {"", false, false, target4, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := probe.ParseICMP(packet(t, test.digits), test.v6, test.header, test.from, 9)
			require.Equal(t, test.want != nil, ok)
			if ok {
				require.Equal(t, *test.want, got)
			}
		})
	}
}

func TestICMPRequest(t *testing.T) {
	t.Parallel()
	token := []byte("dolphins")
	b := probe.ICMPRequest(false, 0x1234, 7, token, 11)
	require.Equal(t, packet(t, "0800 a31e 1234 0007")[4:], b[4:8])
	require.Equal(t, append(token, 16, 17, 18), b[8:])
	require.Zero(t, sum(b), "the checksum makes the sum 0")

	b = probe.ICMPRequest(true, 0x1234, 7, token[:3], 3)
	require.Equal(t, packet(t, "8000 0000 1234 0007 646f6c"), b)
}

// sum returns the complement of the sum of b in 16-bit words.
func sum(b []byte) uint16 {
	var sum uint32
	for i, c := range b {
		sum += uint32(c) << (8 * (1 - i%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func TestICMPToken(t *testing.T) {
	t.Parallel()
	token := []byte("dolphins")
	require.True(t, probe.BelongsTo(token, []byte("dolphins and whales"), false))
	require.False(t, probe.BelongsTo(token, []byte("dolphin"), false), "an answer brings all of it")
	require.True(t, probe.BelongsTo(token, []byte("dolphin"), true), "an error may be cut short")
	require.True(t, probe.BelongsTo(token, nil, true))
	require.False(t, probe.BelongsTo(token, []byte("whale"), true))
}

func FuzzParseICMP(f *testing.F) {
	for _, digits := range []string{
		"0000" + echo, "8100" + echo, ipv4From + "0000" + echo,
		"0301 0000 00000000" + ipv4To + "0800" + echo, "0100 0000 00000000" + ipv6To + "8000" + echo,
	} {
		f.Add(packet(f, digits), true, false)
		f.Add(packet(f, digits), false, true)
		f.Add(packet(f, digits), false, false)
	}
	from := netip.MustParseAddr("10.9.8.7")
	f.Fuzz(func(t *testing.T, b []byte, v6, header bool) {
		m, ok := probe.ParseICMP(b, v6, header, from, 1)
		if !ok {
			return
		}
		if !bytes.HasSuffix(b, m.Payload) {
			t.Error("the payload is not the end of the packet")
		}
		if !m.Target.IsValid() || header && m.Target.Is6() {
			t.Errorf("target %v", m.Target)
		}
		if m.Err == "" && !header && m.Target != from {
			t.Errorf("an answer of %v is taken for one of %v", from, m.Target)
		}
	})
}
