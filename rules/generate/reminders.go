// SPDX-License-Identifier: Apache-2.0

package generate

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
)

// remindersText is the template of reminders.rules.yml.
//
//go:embed reminders.rules.yml.tmpl
var remindersText string

// dead names the dead nodes of a service in an annotation, ten of them at most.
const dead = `{{ with query (printf "topk(10, ` + schema.NodeSeverity + `{service=%q} == 3)" $labels.service) }}` +
	`Dead: {{ range $i, $dead := sortByLabel "node" . }}{{ if $i }}, {{ end }}{{ $dead.Labels.node }}{{ end }}.{{ end }}`

// reminders returns the rules that remind of outages and tell of starts.
func reminders(c *alerting.Config) []byte {
	return render(remindersText, template.FuncMap{
		"words": words,
		"steps": steps,
		"dead":  func() string { return dead },
	}, c)
}

// words says when reminders come.
func words(r *alerting.Reminders) string {
	first, every := r.Schedule()
	if len(first) == 1 {
		return fmt.Sprintf("They come every %s.", model.Duration(every))
	}
	const shown = 5 // of the first ones
	var times []string
	for _, at := range first[:min(len(first), shown)] {
		times = append(times, model.Duration(at).String())
	}
	last := len(times) - 1
	if len(first) > shown {
		times[last] += " …"
	}
	return fmt.Sprintf("They come after %s and %s; in the end every %s.", strings.Join(times[:last], ", "), times[last], model.Duration(every))
}

// steps returns the expression of how many reminders have come due. It is the number
// of the first ones that have, one by one, and of all that follow in equal steps.
func steps(r *alerting.Reminders) string {
	const indent = "              "
	first, every := r.Schedule()
	if len(first) == 1 {
		return fmt.Sprintf("%sfloor(%s / %s) > 0", indent, schema.OutageAge, number(every.Seconds()))
	}
	var terms []string
	for _, at := range first {
		terms = append(terms, fmt.Sprintf("(%s >= bool %s)", schema.OutageAge, number(at.Seconds())))
	}
	terms = append(terms, fmt.Sprintf("clamp_min(floor((%s - %s) / %s), 0)", schema.OutageAge, last(first), number(every.Seconds())))
	return indent + "(\n" + indent + "    " + strings.Join(terms, "\n"+indent+"  + ") + "\n" + indent + ") > 0"
}

func last(times []time.Duration) string { return number(times[len(times)-1].Seconds()) }
