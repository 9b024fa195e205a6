// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"net/http"
	"slices"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// newReporter returns the handler of /reporter/.
func (e *Exporter) newReporter() http.Handler {
	return push.Handler(push.Options{
		Store:   e.store,
		Tokens:  func() []push.Token { return e.current().tokens },
		Reports: e.metrics.reported,
		Logger:  e.o.Logger,
	})
}

// Reporter returns the handler of /reporter and /reporter/ alone, for a listener
// that is open to those who report. Double slashes must be collapsed before it.
func (e *Exporter) Reporter() http.Handler { return e.reporter }

// ReporterToken returns a token that is allowed to report for the node. It
// returns false if there is none, or no such node in mode push or local.
func (e *Exporter) ReporterToken(id status.NodeID) (configfile.Secret, bool) {
	p := e.current()
	takesReports := slices.ContainsFunc(p.nodes, func(n state.Node) bool {
		return n.ID == id && (n.Mode == state.Push || n.Mode == state.Local)
	})
	if !takesReports {
		return "", false
	}
	for _, t := range p.config.Tokens {
		if slices.Contains(t.Services, "*") || slices.Contains(t.Services, id.Service) {
			return t.Token, true
		}
	}
	return "", false
}

func pushTokens(tokens []config.Token) []push.Token {
	all := make([]push.Token, 0, len(tokens))
	for _, t := range tokens {
		all = append(all, push.Token{Secret: t.Token, Services: t.Services})
	}
	return all
}
