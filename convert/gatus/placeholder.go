// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/convert/folder"
)

// placeholders are those of custom alerts, and what says the same in a template, in a
// text of JSON as well.
func placeholders() [][2]string {
	return [][2]string{
		{"[ALERT_DESCRIPTION]", `{{ template "messages.description" . }}`},
		{"[ENDPOINT_NAME]", `{{ template "messages.node" . }}`},
		{"[ENDPOINT_GROUP]", `{{ template "messages.service" . }}`},
		{"[ENDPOINT_URL]", `{{ .CommonLabels.node }}`},
		{"[RESULT_ERRORS]", `{{ template "messages.found" . }}`},
		{"[ALERT_TRIGGERED_OR_RESOLVED]", `{{ if eq .Status "firing" }}TRIGGERED{{ else }}RESOLVED{{ end }}`},
	}
}

func hasPlaceholder(text string) bool {
	return slices.ContainsFunc(placeholders(), func(p [2]string) bool { return strings.Contains(text, p[0]) })
}

// template returns a body with placeholders as a template, and its type. What is JSON
// stays JSON, whatever stands in the alert.
func template(body string) (text, kind string) {
	var document any
	if body == "" {
		return "", ""
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err == nil && !decoder.More() {
		return inJSON(document), "application/json"
	}
	return filledIn(body), "text/plain"
}

func inJSON(v any) string {
	switch v := v.(type) {
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, filledIn(plainJSON(key))+": "+inJSON(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = inJSON(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return filledIn(plainJSON(v))
}

func plainJSON(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(out)
}

// filledIn returns a text as a template, with its placeholders filled in.
func filledIn(text string) string {
	var out, plain strings.Builder
	for text != "" {
		at := slices.IndexFunc(placeholders(), func(p [2]string) bool { return strings.HasPrefix(text, p[0]) })
		if at < 0 {
			plain.WriteByte(text[0])
			text = text[1:]
			continue
		}
		p := placeholders()[at]
		out.WriteString(literal(plain.String()) + p[1])
		plain.Reset()
		text = text[len(p[0]):]
	}
	return out.String() + folder.Neutral(plain.String())
}

// literal returns a text that stands for itself before what is filled in.
func literal(text string) string {
	text = folder.Neutral(text)
	if before, found := strings.CutSuffix(text, "{"); found {
		return before + `{{ "{" }}`
	}
	return text
}
