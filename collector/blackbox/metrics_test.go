// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/testkit"
)

// everything returns a module of a kind, and a result with all that there is to see.
func everything(t testing.TB, kind module.Kind) (*module.Module, probe.Result) {
	t.Helper()
	m := modules(t, `modules: {m: {prober: `+string(kind)+`, dns: {query_name: a}, http: {fail_if_body_json_matches_cel: "body.a"}}}`)["m"]
	r := probe.Result{Took: 1500 * time.Millisecond}
	r.Lookup, r.Addr = 2*time.Millisecond, netip.MustParseAddr("2001:db8::1")
	r.TLS = &probe.TLSFacts{
		Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256",
		EarliestExpiry: time.Unix(1_800_000_000, 0), LastChainExpiry: time.Unix(1_900_000_000, 0),
		Fingerprint: "0123", Subject: `CN=example.com,O=A "B" \C`, Issuer: "CN=Line\nfeed", DNSNames: "a.example,\xffb.example", Serial: "0a",
	}
	switch kind {
	case module.KindHTTP:
		r.HTTP = &probe.HTTPFacts{
			Status: 301, Proto: "HTTP/1.1", TLS: true, ContentLength: -1, BodyBytes: 12345678, Redirects: 2, LastModified: time.Unix(1_445_412_480, 0),
			Phases:       probe.HTTPPhases{Resolve: time.Millisecond, Connect: 2 * time.Millisecond, TLS: 3 * time.Millisecond, Processing: 4 * time.Millisecond, Transfer: 5 * time.Millisecond},
			FailedRegexp: true, FailedCEL: true,
		}
	case module.KindTCP, module.KindUnix:
		r.Events = []probe.Event{{What: "connected"}}
		r.Conversation = &probe.ConversationFacts{Labels: []probe.ExchangeLabel{{Name: "b", Value: "1"}, {Name: "a", Value: "2"}}, FailedBytes: true}
	case module.KindDNS:
		r.DNS = &probe.DNSFacts{Connect: time.Millisecond, Request: 2 * time.Millisecond, Answered: true, Answer: 1, Authority: 2, Additional: 3, SOA: true, Serial: 4294967295}
	case module.KindICMP:
		r.ICMP = &probe.ICMPFacts{Setup: time.Millisecond, RTT: 2 * time.Millisecond, HopLimit: 57}
	case module.KindGRPC:
		r.GRPC = &probe.GRPCFacts{Check: time.Millisecond, UsedTLS: true, Code: 0, Serving: "NOT_SERVING"}
	case module.KindWebsocket:
		r.WebSocket = &probe.WebSocketFacts{Code: 101, Upgraded: true}
		r.Conversation = &probe.ConversationFacts{FailedRegexp: true}
	case module.KindSSH:
		r.SSH = &probe.SSHFacts{Banner: "SSH-2.0-OpenSSH_9.2p1", KeyType: "ssh-ed25519", Fingerprint: "SHA256:abc"}
	}
	return m, r
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	for _, kind := range module.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			m, all := everything(t, kind)
			text := blackbox.Expose(m, all)
			families := metrics(t, text)
			inOrder := slices.IsSorted(names(text))
			require.True(t, inOrder, "the families are in the order of their names")
			require.Len(t, families, len(names(text)))
			problems, err := promlint.New(bytes.NewReader(text)).Lint()
			require.NoError(t, err)
			for _, p := range problems {
				require.Contains(t, p.Text, "counter", p.Metric) // names end as blackbox_exporter has them
			}
			nothing := blackbox.Expose(m, probe.Result{Err: errors.New("refused")})
			metrics(t, nothing)
			testkit.Golden(t, "metrics/"+string(kind)+".txt", slices.Concat(text, []byte("\n# Of a probe that saw nothing:\n\n"), nothing))
		})
	}
}

// names returns those of the families in a text, in its order.
func names(text []byte) (all []string) {
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, _, _ := strings.Cut(rest, " ")
			all = append(all, name)
		}
	}
	return all
}

func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	m, r := everything(t, module.KindTCP)
	r.TLS.DNSNames = strings.Repeat("ü", 10_000)
	value := labels(t, metrics(t, blackbox.Expose(m, r)), "probe_ssl_last_chain_info")["subjectalternative"]
	require.LessOrEqual(t, len(value), 4096)
	require.Equal(t, strings.Repeat("ü", 2048), value)
}
