// SPDX-License-Identifier: Apache-2.0

package alerting

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Bounds of what a file may ask for.
const (
	minInterval = time.Second
	maxInterval = 30 * 24 * time.Hour
	maxStep     = 365 * 24 * time.Hour // between two reminders
	maxLimit    = 100                  // of the reminders whose times differ: each costs a term in a rule
	maxName     = 200                  // bytes, as of a service in exporter.yml
	finest      = 1e-6                 // of an objective, as a ratio: what rules can tell from 1
	maxApdex    = model.Duration(time.Hour)
)

// A checker collects what is wrong with a file.
type checker struct {
	file *configfile.File
	errs configfile.Errors
}

func (k *checker) errorf(p configfile.Path, format string, args ...any) {
	k.errs = append(k.errs, k.file.Errorf(p, format, args...))
}

// check validates c, which was decoded from f.
func (c *Config) check(f *configfile.File) error {
	k := checker{file: f}
	oneOf(&k, configfile.Path{"quorum"}, c.Quorum, Any, Majority, All)
	k.uptime(c.Uptime)
	k.apdex(c.Apdex)
	k.objectives(c.SLO)
	c.GrafanaURL = k.grafana(c.GrafanaURL)
	if c.Startup != nil {
		k.name(configfile.Path{"startup", "receiver"}, c.Startup.Receiver)
	}
	if c.Watchdog != nil {
		k.name(configfile.Path{"watchdog", "receiver"}, c.Watchdog.Receiver)
		k.interval(configfile.Path{"watchdog", "interval"}, c.Watchdog.Interval)
	}
	if c.Reminders != nil {
		k.reminders(c.Reminders)
	}
	k.owners(c.Owners)
	if c.QuietHours != nil {
		k.quietHours(c.QuietHours, len(c.Owners) > 0)
	}
	k.dependencies(c.Dependencies)
	return k.errs.Err()
}

// oneOf checks that a value is one of those that it may be.
func oneOf[T ~string](k *checker, p configfile.Path, value T, allowed ...T) {
	if slices.Contains(allowed, value) {
		return
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	last := len(names) - 1
	k.errorf(p, "is %q, want %s or %s", value, strings.Join(names[:last], ", "), names[last])
}

// name checks the name of a receiver, service or node.
func (k *checker) name(p configfile.Path, name string) {
	switch what := p[len(p)-1]; {
	case name == "" && what == "service":
		k.errorf(p, "no service is named; write the id that it has in exporter.yml")
	case name == "" && what == "receiver":
		k.errorf(p, "no receiver is named; write the name of one in alertmanager.yml")
	case name == "":
		k.errorf(p, "the name is empty; write it, or remove it")
	case len(name) > maxName:
		k.errorf(p, "has %d bytes, want at most %d", len(name), maxName)
	case !utf8.ValidString(name):
		k.errorf(p, "%q is not valid UTF-8; mend what the variable in it holds", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		k.errorf(p, "%q has a control character; remove it", name)
	}
}

// names checks a list of names.
func (k *checker) names(p configfile.Path, names []string) {
	for i, name := range names {
		k.name(p.At(i), name)
		if first := slices.Index(names, name); first < i {
			k.errorf(p.At(i), "%q is there twice; remove one", name)
		}
	}
}

func (k *checker) interval(p configfile.Path, d model.Duration) {
	if time.Duration(d) < minInterval || time.Duration(d) > maxInterval {
		k.errorf(p, "is %s, want 1s to 30d", d)
	}
}

func (k *checker) uptime(u Uptime) {
	p := configfile.Path{"uptime"}
	if u.Sick == Exclude {
		k.errorf(p.At("sick"), "a sick service is there, so its time counts; choose count_up or count_down")
	} else {
		oneOf(k, p.At("sick"), u.Sick, CountUp, CountDown)
	}
	oneOf(k, p.At("unknown"), u.Unknown, Exclude, CountUp, CountDown)
	oneOf(k, p.At("maintenance"), u.Maintenance, Exclude, CountUp, CountDown)
}

func (k *checker) apdex(a Apdex) {
	p := configfile.Path{"apdex"}
	threshold := func(p configfile.Path, d model.Duration) {
		if d <= 0 || d > maxApdex {
			k.errorf(p.At("threshold"), "is %s, want more than 0s and at most %s: how long an answer may take that satisfies", d, maxApdex)
		}
	}
	threshold(p, a.Threshold)
	first := map[Part]int{}
	for i, o := range a.Overrides {
		p := p.At("overrides", i)
		part := Part{o.Service, o.Node}
		k.part(p, part)
		threshold(p, o.Threshold)
		if j, ok := first[part]; ok {
			k.errorf(p, "overrides[%d] is of %s as well; keep one", j, part)
			continue
		}
		first[part] = i
	}
}

func (k *checker) objectives(all []Objective) {
	type key struct{ service, window string }
	first := map[key]int{}
	for i, o := range all {
		p := configfile.Path{"slo", i}
		k.name(p.At("service"), o.Service)
		switch ratio := o.Objective / 100; {
		case o.Objective > 0 && o.Objective < 1:
			k.errorf(p.At("objective"), "is %v, which would be a percentage; did you mean %.10g?", o.Objective, 100*o.Objective)
		case math.IsNaN(ratio) || ratio <= 1.0/100 || ratio > 1-finest:
			k.errorf(p.At("objective"), "is %v, want a percentage above 1 and below 100, such as 99.9", o.Objective)
		}
		oneOf(k, p.At("window"), o.Window, "7d", "28d", "30d", "90d")
		if j, ok := first[key{o.Service, o.Window}]; ok {
			k.errorf(p, "slo[%d] is of service %q and window %s as well; keep one", j, o.Service, o.Window)
			continue
		}
		first[key{o.Service, o.Window}] = i
	}
}

// grafana returns the address as links begin with it.
func (k *checker) grafana(address string) string {
	if address == "" {
		return ""
	}
	p := configfile.Path{"grafana_url"}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		k.errorf(p, "not an address; write one such as https://grafana.example.com")
	case u.User != nil:
		k.errorf(p, "the address ends up in notifications; remove user and password")
	case u.RawQuery != "" || u.Fragment != "":
		k.errorf(p, "the address has a query or a fragment; remove it")
	case strings.ContainsAny(u.String(), `'"{}`):
		k.errorf(p, "the address has a quotation mark or a brace; write it percent-encoded")
	default:
		return strings.TrimRight(u.String(), "/")
	}
	return ""
}

// part checks what stands in the mapping at p.
func (k *checker) part(p configfile.Path, part Part) {
	k.name(p.At("service"), part.Service)
	if part.Node != "" {
		k.name(p.At("node"), part.Node)
	}
}

// String returns the name, for people.
func (p Part) String() string {
	if p.Node == "" {
		return fmt.Sprintf("service %q", p.Service)
	}
	return fmt.Sprintf("node %q of service %q", p.Node, p.Service)
}
