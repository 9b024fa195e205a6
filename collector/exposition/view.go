// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// A view is a View in one format.
type view struct {
	View
	format format
	parts  []part // what is asked for, in the order of their names
	end    string // what comes after the last one
}

// A part is a family: a column of a table, or one of the rest.
type part struct {
	name    string
	rest    []byte // encoded; of those that are no column
	encoder encoder
	table   Table // nil for those that are no column
	index   int   // of the table
	column  int
}

// done gives the memory of the tables back. Calling it again does nothing.
func (v *view) done() {
	if v.Done != nil {
		v.Done()
	}
	v.View = View{}
}

// newView returns what there is now, encoded as far as it is no table: the families
// that are named, all of them if none is. It must be done, even after an error.
func newView(o Options, asked expfmt.Format, names []string) (*view, error) {
	v := &view{View: o.View(), format: textFormat{}}
	switch asked.FormatType() {
	case expfmt.TypeProtoDelim:
		v.format = protoFormat{}
	case expfmt.TypeOpenMetrics:
		v.format, v.end = textFormat{openMetrics: true}, "# EOF\n"
	default:
	}
	rest, err := gatherRest(o.Rest, v.Common)
	if err != nil {
		return v, err
	}
	if err := v.encodeRest(rest, asked); err != nil {
		return v, err
	}
	for i, t := range v.Tables {
		for c := range t.columns() {
			f := t.family(c)
			v.parts = append(v.parts, part{name: f.Name, encoder: v.format.encoder(f, t.labels(), v.Common), table: t, index: i, column: c})
		}
	}
	if len(names) > 0 {
		v.parts = slices.DeleteFunc(v.parts, func(p part) bool { return !slices.Contains(names, p.name) })
	}
	slices.SortFunc(v.parts, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	return v, nil
}

// encodeRest has client_golang encode what is in no table.
func (v *view) encodeRest(families []*dto.MetricFamily, asked expfmt.Format) error {
	for _, f := range families {
		var b bytes.Buffer
		if err := expfmt.NewEncoder(&b, asked).Encode(f); err != nil {
			return fmt.Errorf("encode the metric %s: %w", f.GetName(), err)
		}
		v.parts = append(v.parts, part{name: f.GetName(), rest: b.Bytes()})
	}
	return nil
}
