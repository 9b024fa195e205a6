// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/schema"
)

// seen is all that is known of a probe once it has ended.
type seen struct {
	name    string // of the module
	module  *module.Module
	target  string   // without secrets
	asked   targetID // of the target as it was given
	limit   time.Duration
	started bool // whether the target was one; otherwise nothing was asked
	result  probe.Result
}

func (s *seen) success() bool { return s.result.Err == nil }

// lookedUp tells whether the address of the target was looked for: not if there
// was no target, and not if the module leaves that to a proxy.
func (s *seen) lookedUp() bool {
	http := &s.module.HTTP
	byProxy := s.module.Prober == module.KindHTTP && http.SkipResolve && (http.Client.ProxyURL.URL != nil || http.Client.ProxyFromEnvironment)
	return s.started && !byProxy
}

// connected tells whether the connection stood that a conversation is had over.
func (s *seen) connected() bool {
	m := s.module
	secure := (m.Prober == module.KindTCP && m.TCP.TLS) || (m.Prober == module.KindUnix && m.Unix.TLS)
	return s.result.Connected() && (!secure || orZero(s.result.TLS).Version != "")
}

// families returns the metrics of a kind of module, in the order of their names.
// They are those that blackbox_exporter gives in the same case.
func families(kind module.Kind) []family {
	all := everyKind()
	switch kind {
	case module.KindHTTP:
		all = slices.Concat(all, address(), certificates(), onHTTP())
	case module.KindTCP:
		all = slices.Concat(all, address(), certificates(), onConversation())
	case module.KindUnix:
		all = slices.Concat(all, certificates(), onConversation())
	case module.KindDNS:
		all = slices.Concat(all, address(), onDNS())
	case module.KindICMP:
		all = slices.Concat(all, address(), onICMP())
	case module.KindGRPC:
		all = slices.Concat(all, address(), certificates(), onGRPC())
	case module.KindWebsocket:
		all = slices.Concat(all, address(), onWebsocket())
	case module.KindSSH:
		all = slices.Concat(all, address(), onSSH())
	}
	return sorted(all)
}

func everyKind() []family {
	return []family{
		newFamily(schema.ProbeSuccess, "Whether the probe found the target well.", func(w *writer, s *seen) {
			w.flag(s.success())
		}),
		newFamily(schema.ProbeDuration, "How long the probe took, in seconds.", func(w *writer, s *seen) {
			w.gauge(s.result.Took.Seconds())
		}),
		newFamily(schema.ProbeTimeout, "How long the probe was allowed to take, in seconds.", func(w *writer, s *seen) {
			w.gauge(s.limit.Seconds())
		}),
	}
}

// address returns the metrics of where a name led.
func address() []family {
	return []family{
		newFamily(schema.ProbeLookup, "How long the lookup of the target's address took, in seconds.", func(w *writer, s *seen) {
			if s.lookedUp() {
				w.gauge(s.result.Lookup.Seconds())
			}
		}),
		newFamily(schema.ProbeIPProtocol, "The version of IP by which the target was asked: 4 or 6, or 0 if it has no address.", func(w *writer, s *seen) {
			switch addr := s.result.Addr; {
			case !s.lookedUp():
			case addr.Is4():
				w.gauge(4)
			case addr.IsValid():
				w.gauge(6)
			default:
				w.gauge(0)
			}
		}),
		newFamily(schema.ProbeIPHash, "A hash of the target's address, by which a change can be seen.", func(w *writer, s *seen) {
			if s.lookedUp() {
				w.gauge(addressHash(s))
			}
		}),
	}
}

func addressHash(s *seen) float64 {
	if !s.result.Addr.IsValid() {
		return 0
	}
	hash := fnv.New32a()
	_, _ = hash.Write(s.result.Addr.AsSlice()) // a hash takes everything
	return float64(hash.Sum32())
}

// certificates returns the metrics of TLS. They are there once a handshake is done.
func certificates() []family {
	// A redirect from https to http ends without TLS, whatever was seen before.
	without := func(s *seen) bool { return s.module.Prober == module.KindHTTP && !orZero(s.result.HTTP).TLS }
	whenDone := func(write func(w *writer, s *seen, t *probe.TLSFacts)) func(w *writer, s *seen) {
		return func(w *writer, s *seen) {
			if t := s.result.TLS; t != nil && t.Version != "" && !without(s) {
				write(w, s, t)
			}
		}
	}
	return []family{
		newFamily(schema.ProbeTLSEarliest, "When the first of the certificates shown expires, in Unix time.", whenDone(func(w *writer, _ *seen, t *probe.TLSFacts) {
			w.gauge(unix(t.EarliestExpiry))
		})),
		newFamily(schema.ProbeTLSLastChain, "Until when at least one chain of certificates holds, in Unix time.", whenDone(func(w *writer, _ *seen, t *probe.TLSFacts) {
			w.gauge(unix(t.LastChainExpiry))
		})),
		newFamily(schema.ProbeTLSLeaf, "The certificate of the target itself.", whenDone(func(w *writer, _ *seen, t *probe.TLSFacts) {
			w.gauge(1, schema.FingerprintSHA256, t.Fingerprint, schema.Issuer, t.Issuer, schema.SerialNumber, t.Serial,
				schema.Subject, t.Subject, schema.SubjectAltNames, t.DNSNames)
		})),
		newFamily(schema.ProbeTLSVersion, "The version of TLS that was agreed upon.", whenDone(func(w *writer, _ *seen, t *probe.TLSFacts) {
			w.gauge(1, schema.Version, t.Version)
		})),
		newFamily(schema.ProbeTLSCipher, "The cipher suite that was agreed upon.", whenDone(func(w *writer, s *seen, t *probe.TLSFacts) {
			if s.module.Prober == module.KindHTTP {
				w.gauge(1, schema.Cipher, t.Cipher)
			}
		})),
	}
}

// unix returns Unix time as blackbox_exporter has it: that of the zero time where there is none.
func unix(t time.Time) float64 { return float64(t.Unix()) }

func onConversation() []family {
	facts := func(s *seen) probe.ConversationFacts { return orZero(s.result.Conversation) }
	onceConnected := func(failed func(probe.ConversationFacts) bool) func(w *writer, s *seen) {
		return func(w *writer, s *seen) {
			if s.connected() {
				w.flag(failed(facts(s)))
			}
		}
	}
	return []family{
		newFamily(schema.ProbeFailedRegexp, "Whether the probe failed because a regular expression did not match.",
			onceConnected(func(f probe.ConversationFacts) bool { return f.FailedRegexp })),
		newFamily(schema.ProbeFailedBytes, "Whether the probe failed because other bytes came than were expected.",
			onceConnected(func(f probe.ConversationFacts) bool { return f.FailedBytes })),
		newFamily(schema.ProbeExpectInfo, "What was taken from the conversation, as the module says.", func(w *writer, s *seen) {
			if labels := facts(s).Labels; len(labels) > 0 {
				pairs := make([]string, 0, 2*len(labels))
				for _, l := range labels {
					pairs = append(pairs, l.Name, l.Value)
				}
				w.gauge(1, pairs...)
			}
		}),
	}
}

func onICMP() []family {
	facts := func(s *seen) probe.ICMPFacts { return orZero(s.result.ICMP) }
	return []family{
		newFamily(schema.ProbeICMPDuration, "How long each phase of the ping took, in seconds.", func(w *writer, s *seen) {
			w.gauge(s.result.Lookup.Seconds(), schema.Phase, "resolve")
			w.gauge(facts(s).RTT.Seconds(), schema.Phase, "rtt")
			w.gauge(facts(s).Setup.Seconds(), schema.Phase, "setup")
		}),
		newFamily(schema.ProbeICMPHopLimit, "The hop limit of the answer, in IPv4 its TTL.", func(w *writer, s *seen) {
			if limit := facts(s).HopLimit; limit > 0 {
				w.gauge(float64(limit))
			}
		}),
	}
}

func onSSH() []family {
	return []family{
		newFamily(schema.ProbeSSHInfo, "How the SSH server greets, and its host key.", func(w *writer, s *seen) {
			if f := s.result.SSH; f != nil && f.Banner != "" {
				w.gauge(1, schema.Banner, f.Banner, schema.FingerprintSHA256, f.Fingerprint, schema.KeyType, f.KeyType)
			}
		}),
	}
}

func orZero[T any](facts *T) (zero T) {
	if facts == nil {
		return zero
	}
	return *facts
}

// versionNumber returns the 1.1 of HTTP/1.1; 0 if there is none.
func versionNumber(proto string) float64 {
	number, err := strconv.ParseFloat(strings.TrimPrefix(proto, "HTTP/"), 64)
	if err != nil {
		return 0
	}
	return number
}
