// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// bundledPrefix marks a bundled file among the names of rule files.
const bundledPrefix = "bundled:"

// A ruleLoader implements [rules.GroupLoader] for bundled files and for files on
// disk.
type ruleLoader struct {
	bundled map[string][]byte // by file name; guarded by whoever loads
	parser  parser.Parser
	log     *slog.Logger
}

// Load implements [rules.GroupLoader].
func (l *ruleLoader) Load(name string, ignoreUnknown bool, scheme model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	inside, ok := strings.CutPrefix(name, bundledPrefix)
	if !ok {
		return rulefmt.ParseFile(name, ignoreUnknown, scheme, l.parser, l.log)
	}
	groups, errs := rulefmt.Parse(l.bundled[inside], ignoreUnknown, scheme, l.parser, l.log)
	for i := range errs {
		errs[i] = fmt.Errorf("%s: %w", name, errs[i])
	}
	return groups, errs
}

// Parse implements [rules.GroupLoader].
func (l *ruleLoader) Parse(query string) (parser.Expr, error) { return l.parser.ParseExpr(query) }

// loadRules reads the bundled rules, those of the folder rules, and those that
// prometheus.yml names. Each group is new; the driver decides which to keep. Only
// one call may run at a time.
func (p *prom) loadRules(o Options, c *config.Config, a *alerting.Config) (map[string]*rules.Group, error) {
	bundled, err := o.bundled(a)
	if err != nil {
		return nil, err
	}
	taken, err := check.Recorded(bundled)
	if err != nil {
		return nil, err
	}
	users, err := check.RuleFiles(append([]string{filepath.Join(o.ConfigDir, "rules", "*.yml")}, c.RuleFiles...))
	if err != nil {
		return nil, err
	}
	if allNative(c) {
		delete(bundled, generate.GaugesFile)
	}
	p.rules.bundled = bundled
	all := map[string]*rules.Group{}
	var failed error
	load := func(file string) { // one by one: LoadGroups stops at the first bad file
		groups, errs := p.loader.LoadGroups(o.ScrapeInterval, c.GlobalConfig.ExternalLabels, p.url.String(), nil, false, file)
		failed = errors.Join(failed, errors.Join(errs...))
		maps.Copy(all, groups)
	}
	for name := range bundled {
		load(bundledPrefix + name)
	}
	for _, file := range users {
		if _, err := check.Rules(file, taken); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		load(file)
	}
	if failed != nil {
		return nil, failed
	}
	return all, nil
}

// bundled returns the rules that come with Pharos, by file name, with the choices
// of a.
func (o Options) bundled(a *alerting.Config) (map[string][]byte, error) {
	if o.testRules != nil {
		return o.testRules, nil
	}
	return generate.Rules(a)
}

// allNative tells whether everything but the process itself is scraped with native
// histograms, so that no rule has to do without.
func allNative(c *config.Config) bool {
	return !slices.ContainsFunc(c.ScrapeConfigs, func(job *config.ScrapeConfig) bool {
		return job.JobName != check.JobOwn && (job.ScrapeNativeHistograms == nil || !*job.ScrapeNativeHistograms)
	})
}

// isBundled tells whether the group is one of ours.
func isBundled(g *rules.Group) bool { return strings.HasPrefix(g.File(), bundledPrefix) }

// inOrder compares groups by the order of their evaluation: bundled ones first,
// because the users' rules may read what they record, then by file and name.
func inOrder(a, b *rules.Group) int {
	rank := func(g *rules.Group) int {
		if isBundled(g) {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.File(), b.File()), cmp.Compare(a.Name(), b.Name()))
}
