// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// flushAt is how many bytes of text are collected before they are sent.
const flushAt = 64 << 10

// A view is a View in one format.
type view struct {
	View
	parts []part // what is asked for, in the order of their names
	end   string // what comes after the last one
}

// A part is a family: of a table, or one of the rest.
type part struct {
	name    string
	rest    []byte // encoded; nil for those of tables
	encoder encoder
	table   int
	column  int
}

// newView returns what there is now, encoded as far as it is no table: the families
// that are named, all of them if none is.
func newView(o Options, format expfmt.Format, names []string) (*view, error) {
	v := &view{View: o.View()}
	rest, err := gatherRest(o.Rest, v.Common)
	if err != nil {
		return nil, err
	}
	if err := v.encodeRest(rest, format); err != nil {
		return nil, err
	}
	for i, t := range v.Tables {
		for c := range t.columns() {
			f := t.family(c)
			v.parts = append(v.parts, part{name: f.Name, encoder: newEncoder(f, v.Common, format), table: i, column: c})
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

// write encodes and sends a part that is of a table. Without samples it is nothing.
func (s *scratch) write(w io.Writer, p *part, t Table) error {
	headed := false
	s.raw = s.raw[:0]
	for from := 0; from < t.rows(); from += groupRows {
		s.raw = s.encode(s.raw, t, p.column, from, min(from+groupRows, t.rows()), p.encoder)
		if p.encoder.sized() || len(s.raw) < flushAt && from+groupRows < t.rows() {
			continue // it is not yet enough, or all of it must be there for its size
		}
		if err := s.send(w, p.encoder, &headed); err != nil {
			return err
		}
	}
	return s.send(w, p.encoder, &headed)
}

// send sends what has been encoded, after the head if that has not been sent.
func (s *scratch) send(w io.Writer, e encoder, headed *bool) error {
	if len(s.raw) == 0 {
		return nil
	}
	if !*headed {
		*headed = true
		if _, err := w.Write(e.head(nil, len(s.raw))); err != nil {
			return err
		}
	}
	_, err := w.Write(s.raw)
	s.raw = s.raw[:0]
	return err
}
