// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"github.com/pharos-status/pharos/internal/embedded/check"
)

// bundledPrefix marks a bundled file among the names of rule files.
const bundledPrefix = "bundled:"

// A ruleLoader implements [rules.GroupLoader] for bundled files and for files on
// disk.
type ruleLoader struct {
	bundled fs.FS
	parser  parser.Parser
	log     *slog.Logger
}

// Load implements [rules.GroupLoader].
func (l ruleLoader) Load(name string, ignoreUnknown bool, scheme model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	inside, ok := strings.CutPrefix(name, bundledPrefix)
	if !ok {
		return rulefmt.ParseFile(name, ignoreUnknown, scheme, l.parser, l.log)
	}
	text, err := fs.ReadFile(l.bundled, inside)
	if err != nil {
		return nil, []error{fmt.Errorf("read bundled rules: %w", err)}
	}
	groups, errs := rulefmt.Parse(text, ignoreUnknown, scheme, l.parser, l.log)
	for i := range errs {
		errs[i] = fmt.Errorf("%s: %w", name, errs[i])
	}
	return groups, errs
}

// Parse implements [rules.GroupLoader].
func (l ruleLoader) Parse(query string) (parser.Expr, error) { return l.parser.ParseExpr(query) }

// loadRules reads the bundled rules, those of the folder rules, and those that
// prometheus.yml names. Each group is new; the driver decides which to keep.
func (p *prom) loadRules(o Options, c *config.Config) (map[string]*rules.Group, error) {
	files, err := ruleFiles(o, c.RuleFiles)
	if err != nil {
		return nil, err
	}
	all := map[string]*rules.Group{}
	var failed error
	for _, file := range files { // one by one: LoadGroups stops at the first bad file
		if !strings.HasPrefix(file, bundledPrefix) {
			if _, err := check.Rules(file); err != nil {
				failed = errors.Join(failed, err)
				continue
			}
		}
		groups, errs := p.loader.LoadGroups(o.ScrapeInterval, c.GlobalConfig.ExternalLabels,
			p.url.String(), nil, false, file)
		failed = errors.Join(failed, errors.Join(errs...))
		maps.Copy(all, groups)
	}
	if failed != nil {
		return nil, failed
	}
	return all, nil
}

// ruleFiles returns the names of all rule files, each once, bundled ones first.
func ruleFiles(o Options, patterns []string) ([]string, error) {
	var files []string
	for _, name := range o.RuleFiles {
		files = append(files, bundledPrefix+name)
	}
	users, err := check.RuleFiles(append([]string{filepath.Join(o.ConfigDir, "rules", "*.yml")}, patterns...))
	return append(files, users...), err
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
