// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// raw answers each query by what make returns for its text.
func raw(reply func(query []byte) [][]byte) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		text, err := q.Pack()
		if err != nil {
			return
		}
		for _, answer := range reply(text) {
			if _, err := w.Write(answer); err != nil {
				return
			}
		}
	}
}

// A hostile server is bounded in time and memory, and fails for a clear reason.
func TestDNSHostile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		reply     func(query []byte) [][]byte
		transport string
		limit     time.Duration
		reason    status.Reason
		detail    string
	}{
		"silent":          {func([]byte) [][]byte { return nil }, "udp", 50 * time.Millisecond, status.Timeout, "no answer in time"},
		"silent over TCP": {func([]byte) [][]byte { return nil }, "tcp", 50 * time.Millisecond, status.Timeout, "no answer in time"},
		"binary":          {func(q []byte) [][]byte { return [][]byte{append(q[:2:2], strings.Repeat("\xff", 100)...)} }, "udp", patience, status.Protocol, "read the answer of 102 bytes"},
		"a query":         {func(q []byte) [][]byte { return [][]byte{q} }, "udp", patience, status.Protocol, "answered by a query"},
		"others' answers": {func(q []byte) [][]byte { return repeat(otherID(q), 100) }, "udp", patience, status.Protocol, "none of them answers"},
		"another's":       {func(q []byte) [][]byte { return [][]byte{otherID(q)} }, "tcp", patience, status.Protocol, "another id"},
		"10,000 records":  {func(q []byte) [][]byte { return [][]byte{claims(q, 10_000, 5_000)} }, "tcp", patience, status.Protocol, "read the answer of 6"},
		"unfolds":         {func(q []byte) [][]byte { return [][]byte{unfolds(q)} }, "tcp", patience, status.Protocol, "the answer section has more than 1048576 bytes of text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := serveDNS(t, raw(test.reply), raw(test.reply))
			o := probe.DNSOptions{Server: addr, Name: "example.com", Transport: test.transport, Answer: probe.RecordRules{Never: expressions("^x$")}}
			start := time.Now()
			requireFailure(t, verdict(t, newDNS(t, o), test.limit), status.Dead, test.reason, test.detail)
			require.Less(t, time.Since(start), patience)
		})
	}
	t.Run("byte by byte", func(t *testing.T) {
		t.Parallel()
		addr := serve(t, func(conn net.Conn) {
			for range time.Tick(time.Millisecond) {
				if _, err := conn.Write([]byte{0xff}); err != nil {
					return
				}
			}
		})
		o := probe.DNSOptions{Server: addr, Name: "example.com", Transport: "tcp"}
		requireFailure(t, verdict(t, newDNS(t, o), 50*time.Millisecond), status.Dead, status.Timeout, "no answer in time")
	})
	t.Run("hangs up", func(t *testing.T) {
		t.Parallel()
		addr := serve(t, func(conn net.Conn) { _, _ = io.ReadFull(conn, make([]byte, 10)) })
		o := probe.DNSOptions{Server: addr, Name: "example.com", Transport: "tcp"}
		requireFailure(t, verdict(t, newDNS(t, o), patience), status.Dead, status.Connect, "the connection broke")
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		o := probe.DNSOptions{Server: refused, Name: "example.com"}
		requireFailure(t, verdict(t, newDNS(t, o), patience), status.Dead, status.Connect, "connection refused")
	})
}

// As many records as an answer has room for are read and counted.
func TestDNSManyRecords(t *testing.T) {
	t.Parallel()
	many := raw(func(q []byte) [][]byte { return [][]byte{claims(q, 4_000, 4_000)} })
	addr := serveDNS(t, many, many)
	o := probe.DNSOptions{
		Server: addr, Name: "example.com", Transport: "tcp",
		Answer: probe.RecordRules{Always: expressions("IN\tA\t192[.]0[.]2[.]1"), Never: expressions("AAAA"), Once: expressions("192")},
	}
	r := result(t, newDNS(t, o), patience)
	require.NoError(t, r.Err)
	require.Equal(t, 4_000, r.DNS.Answer)
}

func repeat(text []byte, n int) (out [][]byte) {
	for range n {
		out = append(out, text)
	}
	return out
}

func otherID(query []byte) []byte {
	return append([]byte{^query[0], query[1], 0x81, 0x80}, query[4:]...)
}

// claims answers by a header that counts claimed records, and as many as there are.
func claims(query []byte, claimed, present int) []byte {
	out := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1}, binary.BigEndian.AppendUint16(nil, uint16(claimed))...)
	out = append(append(out, 0, 0, 0, 0), query[12:]...)
	record := []byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1}
	for range min(present, (dns.MaxMsgSize-len(out))/len(record)) {
		out = append(out, record...)
	}
	return append(out, 1) // and the start of one more
}

// unfolds answers by names that are a hundred times as long as what is sent.
func unfolds(query []byte) []byte {
	out := append([]byte{query[0], query[1], 0x81, 0x80, 0, 0, 0xff, 0xff, 0, 0, 0, 0}, 0)
	out = out[:len(out)-1]
	long := len(out)
	for range 3 {
		out = append(append(out, 63), strings.Repeat("\x01", 63)...)
	}
	out = append(out, 0, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1)
	for len(out)+12 < dns.MaxMsgSize {
		out = append(out, 0xc0, byte(long), 0, 1, 0, 1, 0, 0, 0, 60, 0, 0)
	}
	return out
}

func expressions(texts ...string) (out []*regexp.Regexp) {
	for _, text := range texts {
		out = append(out, regexp.MustCompile(text))
	}
	return out
}

// The rules hold for whatever a server sends, as their words say.
func FuzzDNSRules(f *testing.F) {
	for i, line := range []string{"example.com. 60 IN A 192.0.2.1", `a.b. 1 CH TXT "x\000y"`, "x. 0 IN MX 10 ."} {
		m := new(dns.Msg).SetQuestion("example.com.", dns.TypeA)
		m.Response = true
		m.Answer = records(f, line, line)
		text, err := m.Pack()
		require.NoError(f, err)
		f.Add(text, "IN", "60", uint8(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, one, two string, which uint8) {
		first, err := regexp.Compile(one)
		if err != nil {
			t.Skip()
		}
		second, err := regexp.Compile(two)
		if err != nil {
			t.Skip()
		}
		both := []*regexp.Regexp{first, second}
		rules := []probe.RecordRules{{Never: both}, {Always: both}, {AlwaysOrEmpty: both}, {Once: both}}[which%4]
		answer, failed := probe.JudgeDNS(t.Context(), text, rules)
		if answer == nil {
			require.Error(t, failed)
			return
		}
		size, all, some := 0, true, false
		for _, rr := range answer.Answer {
			text := rr.String()
			size += len(text)
			all = all && first.MatchString(text) && second.MatchString(text)
			some = some || first.MatchString(text) || second.MatchString(text)
		}
		there := len(answer.Answer) > 0
		want := []bool{!some, all && there, all, some}[which%4]
		if size > 1<<20 {
			return // only that it ends
		}
		require.Equal(t, want, failed == nil, fmt.Sprint(failed))
	})
}
