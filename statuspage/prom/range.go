// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"fmt"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// queryRange asks for the values at regular times.
func (s *Source) queryRange(ctx context.Context, query string, r promv1.Range) (model.Matrix, error) {
	value, warnings, infos, err := s.api.QueryRange(ctx, query, r, promv1.WithTimeout(s.timeout), promv1.WithLimit(maxSeries))
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	s.tell(query, warnings, infos)
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("query %s: the answer is a %s, want a matrix", query, value.Type())
	}
	if len(matrix) >= maxSeries {
		return nil, fmt.Errorf("query %s: %d series or more, which is too many for a page", query, maxSeries)
	}
	return matrix, nil
}

// pieces cuts a range so that no query has more than so many points.
func pieces(r promv1.Range, points int) []promv1.Range {
	var out []promv1.Range
	for start := r.Start; !start.After(r.End); start = start.Add(time.Duration(points) * r.Step) {
		end := start.Add(time.Duration(points-1) * r.Step)
		if end.After(r.End) {
			end = r.End
		}
		out = append(out, promv1.Range{Start: start, End: end, Step: r.Step})
	}
	return out
}
