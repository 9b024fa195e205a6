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
	parts []part // what is asked for, in the order of their names
	end   string // what comes after the last one
}

// A part is a family: a column of a table, or one of the rest.
type part struct {
	name    string
	rest    []byte // encoded; of those that are no column
	encoder encoder
	table   Table // nil for those that are no column
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
func newView(o Options, format expfmt.Format, names []string) (*view, error) {
	v := &view{View: o.View()}
	rest, err := gatherRest(o.Rest, v.Common)
	if err != nil {
		return v, err
	}
	if err := v.encodeRest(rest, format); err != nil {
		return v, err
	}
	for _, t := range v.Tables {
		for c := range t.columns() {
			f := t.family(c)
			v.parts = append(v.parts, part{name: f.Name, encoder: newEncoder(f, v.Common, format), table: t, column: c})
		}
	}
	if len(names) > 0 {
		v.parts = slices.DeleteFunc(v.parts, func(p part) bool { return !slices.Contains(names, p.name) })
	}
	slices.SortFunc(v.parts, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	if format.FormatType() == expfmt.TypeOpenMetrics {
		v.end = "# EOF\n"
	}
	return v, nil
}

func newEncoder(f *Family, common []Label, format expfmt.Format) encoder {
	switch format.FormatType() {
	case expfmt.TypeProtoDelim:
		return newProtoEncoder(f, common)
	case expfmt.TypeOpenMetrics:
		return newTextEncoder(f, common, true)
	default:
		return newTextEncoder(f, common, false)
	}
}

// encodeRest has client_golang encode what is in no table.
func (v *view) encodeRest(families []*dto.MetricFamily, format expfmt.Format) error {
	for _, f := range families {
		var b bytes.Buffer
		if err := expfmt.NewEncoder(&b, format).Encode(f); err != nil {
			return fmt.Errorf("encode the metric %s: %w", f.GetName(), err)
		}
		v.parts = append(v.parts, part{name: f.GetName(), rest: b.Bytes()})
	}
	return nil
}
