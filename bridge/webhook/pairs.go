// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

const (
	// maxPairs is how many labels, and how many annotations, are kept of an alert.
	maxPairs = 100
	// maxObject is how many bytes of them are read at all: as a map, very many that are
	// next to empty would take many times as much.
	maxObject = 1 << 20
)

// pairs are labels or annotations as they are sent.
type pairs map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (p *pairs) UnmarshalJSON(text []byte) error {
	if len(text) > maxObject {
		return errors.New("more than 1 MiB of labels or of annotations in one place")
	}
	kv := map[string]string{}
	if err := json.Unmarshal(text, &kv); err != nil {
		return fmt.Errorf("labels and annotations are texts by their names: %w", err)
	}
	*p = kv
	return nil
}

// labels returns the cleaned pairs, each value in one line.
func (p pairs) labels() template.KV { return p.clean(cleanLine) }

// annotations returns the cleaned pairs, in which values may have several lines.
func (p pairs) annotations() template.KV { return p.clean(cleanText) }

// clean returns the pairs with clean names and values. If there are too many, those
// are kept by which the bridge knows alerts, and the first by name.
func (p pairs) clean(value func(string) string) template.KV {
	names := slices.Sorted(maps.Keys(p)) // so that the same comes of names that are the same once clean
	if len(names) > maxPairs {
		slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	}
	kv := make(template.KV, min(len(names), maxPairs))
	for _, sent := range names {
		if name := cleanLine(sent); name != "" && len(kv) < maxPairs {
			kv[name] = value(p[sent])
		}
	}
	return kv
}

// place returns 0 of a label or an annotation that the bridge looks for, else 1.
func place(name string) int {
	switch name {
	case alertname, outage, schema.Service, schema.Node, schema.Replica, schema.Severity, schema.Notification, schema.Reminder,
		"summary", "title", "description", "message", "runbook_url", "dashboard_url", "incident_url":
		return 0
	}
	return 1
}
