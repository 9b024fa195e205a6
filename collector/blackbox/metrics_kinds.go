// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/schema"
)

func onHTTP() []family {
	of := func(write func(w *writer, f *probe.HTTPFacts)) func(w *writer, s *seen) {
		nothing := &probe.HTTPFacts{}
		return func(w *writer, s *seen) {
			if f := s.result.HTTP; f != nil {
				write(w, f)
			} else {
				write(w, nothing)
			}
		}
	}
	return []family{
		newFamily(schema.ProbeHTTPDuration, "How long each phase of the request took, in seconds, over all redirects.", httpPhases),
		newFamily(schema.ProbeHTTPLength, "The length of the answer as its header has it, in bytes; -1 without one.", of(func(w *writer, f *probe.HTTPFacts) {
			w.gauge(float64(f.ContentLength))
		})),
		newFamily(schema.ProbeHTTPBody, "The length of the body, uncompressed, in bytes.", of(func(w *writer, f *probe.HTTPFacts) {
			w.gauge(float64(f.BodyBytes))
		})),
		newFamily(schema.ProbeHTTPRedirects, "How many redirects were met.", of(func(w *writer, f *probe.HTTPFacts) {
			w.gauge(float64(f.Redirects))
		})),
		newFamily(schema.ProbeHTTPTLS, "Whether the last answer came over TLS.", of(func(w *writer, f *probe.HTTPFacts) { w.flag(f.TLS) })),
		newFamily(schema.ProbeHTTPStatus, "The HTTP status of the last answer; 0 without one.", of(func(w *writer, f *probe.HTTPFacts) {
			w.gauge(float64(f.Status))
		})),
		newFamily(schema.ProbeHTTPVersion, "The version of HTTP of the last answer; 0 without one.", of(func(w *writer, f *probe.HTTPFacts) {
			w.gauge(versionNumber(f.Proto))
		})),
		newFamily(schema.ProbeHTTPModified, "When the answer was last changed, as its header has it, in Unix time.", of(func(w *writer, f *probe.HTTPFacts) {
			if !f.LastModified.IsZero() {
				w.gauge(unix(f.LastModified))
			}
		})),
		newFamily(schema.ProbeFailedRegexp, "Whether the probe failed because of a regular expression.", of(func(w *writer, f *probe.HTTPFacts) {
			w.flag(f.FailedRegexp)
		})),
		newFamily(schema.ProbeFailedCEL, "Whether the probe failed because of a CEL expression.", func(w *writer, s *seen) {
			if s.module.HTTP.JSONMatches != nil || s.module.HTTP.JSONNotMatches != nil {
				w.flag(orZero(s.result.HTTP).FailedCEL)
			}
		}),
	}
}

// httpPhases writes all phases as soon as there was an address to ask.
func httpPhases(w *writer, s *seen) {
	if !s.started {
		return
	}
	phases, asked := orZero(s.result.HTTP).Phases, s.result.Addr.IsValid() || !s.lookedUp()
	if !asked {
		phases.Resolve = s.result.Lookup
	}
	if asked {
		w.gauge(phases.Connect.Seconds(), schema.Phase, "connect")
		w.gauge(phases.Processing.Seconds(), schema.Phase, "processing")
	}
	if s.lookedUp() {
		w.gauge(phases.Resolve.Seconds(), schema.Phase, "resolve")
	}
	if asked {
		w.gauge(phases.TLS.Seconds(), schema.Phase, "tls")
		w.gauge(phases.Transfer.Seconds(), schema.Phase, "transfer")
	}
}

func onDNS() []family {
	facts := func(s *seen) probe.DNSFacts { return orZero(s.result.DNS) }
	return []family{
		newFamily(schema.ProbeDNSDuration, "How long each phase of the query took, in seconds.", func(w *writer, s *seen) {
			w.gauge(facts(s).Connect.Seconds(), schema.Phase, "connect")
			w.gauge(facts(s).Request.Seconds(), schema.Phase, "request")
			w.gauge(s.result.Lookup.Seconds(), schema.Phase, "resolve")
		}),
		newFamily(schema.ProbeDNSAnswer, "How many records the answer section has.", func(w *writer, s *seen) {
			w.gauge(float64(facts(s).Answer))
		}),
		newFamily(schema.ProbeDNSAuthority, "How many records the authority section has.", func(w *writer, s *seen) {
			w.gauge(float64(facts(s).Authority))
		}),
		newFamily(schema.ProbeDNSAdditional, "How many records the additional section has.", func(w *writer, s *seen) {
			w.gauge(float64(facts(s).Additional))
		}),
		newFamily(schema.ProbeDNSSucceeded, "Whether the server answered, whatever it said.", func(w *writer, s *seen) {
			w.flag(facts(s).Answered)
		}),
		newFamily(schema.ProbeDNSSerial, "The serial number of the zone.", func(w *writer, s *seen) {
			if f := facts(s); f.SOA {
				w.gauge(float64(f.Serial))
			}
		}),
	}
}

func onGRPC() []family {
	facts := func(s *seen) probe.GRPCFacts { return orZero(s.result.GRPC) }
	return []family{
		newFamily(schema.ProbeGRPCDuration, "How long each phase of the call took, in seconds.", func(w *writer, s *seen) {
			if s.result.GRPC != nil {
				w.gauge(facts(s).Check.Seconds(), schema.Phase, "check")
			}
			w.gauge(s.result.Lookup.Seconds(), schema.Phase, "resolve")
		}),
		newFamily(schema.ProbeGRPCTLS, "Whether the call went over TLS.", func(w *writer, s *seen) { w.flag(facts(s).UsedTLS) }),
		newFamily(schema.ProbeGRPCStatus, "The gRPC status of the answer.", func(w *writer, s *seen) {
			w.gauge(float64(facts(s).Code))
		}),
		newFamily(schema.ProbeGRPCHealth, "What the service says of its health.", func(w *writer, s *seen) {
			if s.result.GRPC == nil {
				return
			}
			for _, health := range []string{"NOT_SERVING", "SERVICE_UNKNOWN", "SERVING", "UNKNOWN"} {
				is := 0.0
				if facts(s).Serving == health {
					is = 1
				}
				w.gauge(is, schema.ServingStatus, health)
			}
		}),
	}
}

func onWebsocket() []family {
	facts := func(s *seen) probe.WebSocketFacts { return orZero(s.result.WebSocket) }
	return []family{
		newFamily(schema.ProbeWSStatus, "The HTTP status of the answer to the request for a WebSocket; 0 without one.", func(w *writer, s *seen) {
			w.gauge(float64(facts(s).Code))
		}),
		newFamily(schema.ProbeWSUpgraded, "Whether the WebSocket was open.", func(w *writer, s *seen) { w.flag(facts(s).Upgraded) }),
		newFamily(schema.ProbeWSFailed, "Whether the probe failed because a regular expression did not match.", func(w *writer, s *seen) {
			w.flag(orZero(s.result.Conversation).FailedRegexp)
		}),
	}
}
