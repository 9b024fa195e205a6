// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// maxPairs is how many labels, and how many annotations, are kept of an alert.
const maxPairs = 100

// pairs are labels or annotations in the order of the body, the same name once.
type pairs struct{ list template.Pairs }

// UnmarshalJSON implements json.Unmarshaler.
func (p *pairs) UnmarshalJSON(text []byte) error {
	p.list = nil
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("labels and annotations are objects of names and texts")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		s, ok := value.(string)
		if !ok {
			return fmt.Errorf("the value of %.100q is not a text", name)
		}
		p.list = append(p.list, template.Pair{Name: name.(string), Value: s})
	}
	return nil
}

// labels returns the cleaned pairs, each value in one line.
func (p pairs) labels() template.KV { return p.clean(cleanLine) }

// annotations returns the cleaned pairs, in which values may have several lines.
func (p pairs) annotations() template.KV { return p.clean(cleanText) }

// clean returns the pairs with clean names and values. If there are too many, those
// are kept by which the bridge knows alerts, and the first by name.
func (p pairs) clean(value func(string) string) template.KV {
	for i := range p.list {
		p.list[i].Name = cleanLine(p.list[i].Name)
	}
	list := slices.DeleteFunc(p.list, func(one template.Pair) bool { return one.Name == "" })
	if len(list) > maxPairs {
		slices.SortStableFunc(list, func(a, b template.Pair) int {
			switch first := isKnown(a.Name); {
			case first == isKnown(b.Name):
				return strings.Compare(a.Name, b.Name)
			case first:
				return -1
			}
			return 1
		})
	}
	kv := make(template.KV, min(len(list), maxPairs))
	for _, one := range list {
		if _, there := kv[one.Name]; there || len(kv) < maxPairs {
			kv[one.Name] = value(one.Value)
		}
	}
	return kv
}

// isKnown tells whether the bridge looks for a label or an annotation.
func isKnown(name string) bool {
	switch name {
	case alertname, outage, schema.Service, schema.Node, schema.Replica, schema.Severity, schema.Notification, schema.Reminder,
		"summary", "description", "runbook_url", "dashboard_url", "incident_url":
		return true
	}
	return false
}
