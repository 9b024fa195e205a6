// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// A Dashboard is as much of a dashboard of Grafana as tests look at.
type Dashboard struct {
	File string         `json:"-"` // without its folder
	Text []byte         `json:"-"`
	Raw  map[string]any `json:"-"`

	UID, Title, Description, Refresh, Timezone string
	SchemaVersion, GraphTooltip                int
	Editable                                   *bool
	Tags                                       []string
	Links                                      []DashboardLink
	Panels                                     []Panel
	Templating                                 struct{ List []Variable }
	Annotations                                struct{ List []Annotation }
}

// A Panel is one of a dashboard, or a row, which has none of what follows its place.
type Panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Panels                   []Panel // of a row that is folded up
	Datasource               Source
	Targets                  []Target
	Links                    []DashboardLink
	FieldConfig              struct {
		Defaults  Field
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []struct {
				ID    string
				Value json.RawMessage
			}
		}
	}
}

// A Field is how values are shown.
type Field struct {
	Unit       string
	Thresholds *Thresholds
	Mappings   []Mapping
	Links      []DashboardLink
}

// Thresholds give values a color.
type Thresholds struct {
	Mode  string
	Steps []struct {
		Color string
		Value *float64
	}
}

// A Mapping gives values a word and a color.
type Mapping struct {
	Type    string
	Options map[string]struct{ Text, Color string }
}

// A Source is where data come from.
type Source struct{ Type, UID string }

// A Target is a query of a panel.
type Target struct {
	Datasource     Source
	Expr, RefID    string
	LegendFormat   string
	Instant, Range bool
	Format         string
}

// A DashboardLink leads from a dashboard, a panel or a value to somewhere.
type DashboardLink struct {
	Title, Type, URL     string
	Tags                 []string
	KeepTime, AsDropdown bool
	IncludeVars          bool
	TargetBlank          bool
}

// A Variable is chosen by the person who looks.
type Variable struct {
	Name, Label, Description, Type, AllValue, Regex string
	Datasource                                      Source
	Query                                           json.RawMessage
	Multi, IncludeAll                               bool
	Refresh                                         int
}

// An Annotation marks times in all panels.
type Annotation struct {
	Name       string
	Datasource Source
	Target     Target
}

// An Expression is one that Grafana sends to Prometheus, before its variables are
// filled in.
type Expression struct {
	Where   string // dashboard, panel and target
	Panel   string // its title; empty for those of variables and annotations
	Expr    string
	Instant bool
}

// Dashboards returns the dashboards of the project.
func Dashboards(t testing.TB) []Dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "dashboards", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no dashboards", err)
	}
	all := make([]Dashboard, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := &all[i]
		for _, into := range []any{d, &d.Raw} {
			if err := json.Unmarshal(text, into); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
		d.File, d.Text = filepath.Base(file), text
	}
	return all
}

// Shown returns the panels that are no rows.
func (d Dashboard) Shown() []Panel {
	var shown []Panel
	for _, p := range d.Panels {
		if p.Type == "row" {
			shown = append(shown, p.Panels...)
		} else {
			shown = append(shown, p)
		}
	}
	return shown
}

var labelValues = regexp.MustCompile(`^label_values\((.+), \w+\)$`)

// Expressions returns every expression of the dashboard: of panels, of variables
// and of annotations.
func (d Dashboard) Expressions(t testing.TB) []Expression {
	t.Helper()
	var all []Expression
	for _, p := range d.Shown() {
		for _, target := range p.Targets {
			all = append(all, Expression{d.Title + ": " + p.Title + ": " + target.RefID, p.Title, target.Expr, target.Instant})
		}
	}
	for _, a := range d.Annotations.List {
		all = append(all, Expression{Where: d.Title + ": annotation " + a.Name, Expr: a.Target.Expr})
	}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		var query struct{ Query string }
		if err := json.Unmarshal(v.Query, &query); err != nil {
			t.Fatalf("%s: variable %s: %v", d.File, v.Name, err)
		}
		m := labelValues.FindStringSubmatch(query.Query)
		if m == nil {
			t.Fatalf("%s: variable %s: %s is not label_values of an expression", d.File, v.Name, query.Query)
		}
		all = append(all, Expression{Where: d.Title + ": variable " + v.Name, Expr: m[1], Instant: true})
	}
	return all
}

var variable = regexp.MustCompile(`\$\{?(\w+)\}?`)

// Fill puts values in place of the variables of an expression, as Grafana does:
// those of its own, all there is for variables that may be all, and what is chosen
// for the others.
func (d Dashboard) Fill(t testing.TB, expr string, chosen map[string]string) string {
	t.Helper()
	values := map[string]string{"__rate_interval": "5m", "__interval": "1m", "__range": "3h"}
	for _, v := range d.Templating.List {
		values[v.Name] = v.AllValue
		if !v.IncludeAll {
			values[v.Name] = chosen[v.Name]
		}
	}
	return variable.ReplaceAllStringFunc(expr, func(name string) string {
		value, ok := values[variable.FindStringSubmatch(name)[1]]
		if !ok {
			t.Fatalf("%s: %s in %s is not a variable", d.File, name, expr)
		}
		return value
	})
}
