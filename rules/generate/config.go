// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"text/template"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/rules/alerting"
)

// configText is the template of config.rules.yml.
//
//go:embed config.rules.yml.tmpl
var configText string

// config returns the rules whose results are the choices of c.
func config(c *alerting.Config) []byte {
	return render(configText, template.FuncMap{
		"quantile": func(q alerting.Quorum) string {
			return map[alerting.Quorum]string{alerting.All: "0", alerting.Majority: "0.5", alerting.Any: "1"}[q]
		},
		"up":    func(count alerting.Count) int { return bit(count == alerting.CountUp) },
		"total": func(count alerting.Count) int { return bit(count != alerting.Exclude) },
		"ratio": func(percent float64) string {
			const precision = 1e12 // percent/100 would be 0.9990000000000001 of 99.9
			return number(math.Round(percent*precision/100) / precision)
		},
	}, c)
}

// render executes a template of this package. What goes in is checked: whatever
// fails is a mistake of the template.
func render(text string, functions template.FuncMap, data any) []byte {
	functions["seconds"] = func(d model.Duration) string { return number(time.Duration(d).Seconds()) }
	functions["yaml"] = strconv.Quote
	var out bytes.Buffer
	t := template.Must(template.New("").Funcs(functions).Parse(text))
	if err := t.Execute(&out, data); err != nil {
		panic(fmt.Errorf("write rules: %w", err))
	}
	return out.Bytes()
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}
