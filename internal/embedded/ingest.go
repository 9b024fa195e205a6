// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"github.com/pharos-status/pharos/internal/schema"
)

// lateTolerant is the storage as the scrapes see it. An event may have written a
// newer sample of a series while a scrape was under way; the scrape's older one
// is then dropped without an error, which would be logged at each occasion.
type lateTolerant struct{ storage.AppendableV2 }

// AppenderV2 implements [storage.AppendableV2].
func (l lateTolerant) AppenderV2(ctx context.Context) storage.AppenderV2 {
	return lateTolerantAppender{l.AppendableV2.AppenderV2(ctx)}
}

type lateTolerantAppender struct{ storage.AppenderV2 }

// Append implements [storage.AppenderV2].
func (a lateTolerantAppender) Append(ref storage.SeriesRef, ls labels.Labels, st, t int64, v float64,
	h *histogram.Histogram, fh *histogram.FloatHistogram, o storage.AOptions,
) (storage.SeriesRef, error) {
	got, err := a.AppenderV2.Append(ref, ls, st, t, v, h, fh, o)
	if isLate(err) && ls.Get(model.JobLabel) == schema.JobExporter {
		return ref, nil
	}
	return got, err
}

// isLate tells whether a sample was refused because the series has a newer one,
// or another one of the same time.
func isLate(err error) bool {
	return errors.Is(err, storage.ErrOutOfOrderSample) || errors.Is(err, storage.ErrDuplicateSampleForTimestamp)
}

// A sparse is the storage as the rules see it. While on, it drops results that
// are the same as the last one written of the series: an event changes a few of
// them, and writing all the others at uneven times would multiply the history.
// The ticks write everything, so that nothing looks absent. Only the goroutine
// that evaluates uses it.
type sparse struct {
	storage.Appendable
	on   bool
	last map[uint64]written
}

type written struct {
	labels labels.Labels
	bits   uint64
}

func newSparse(a storage.Appendable) *sparse {
	return &sparse{Appendable: a, last: map[uint64]written{}}
}

// Appender implements [storage.Appendable].
func (s *sparse) Appender(ctx context.Context) storage.Appender {
	return &sparseAppender{s.Appendable.Appender(ctx), s}
}

type sparseAppender struct {
	storage.Appender
	s *sparse
}

// Append implements [storage.Appender].
func (a *sparseAppender) Append(ref storage.SeriesRef, ls labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	key, bits := ls.Hash(), math.Float64bits(v)
	if w, ok := a.s.last[key]; a.s.on && ok && w.bits == bits && labels.Equal(w.labels, ls) {
		return ref, nil
	}
	ref, err := a.Appender.Append(ref, ls, t, v)
	switch {
	case err != nil:
	case value.IsStaleNaN(v):
		delete(a.s.last, key)
	default:
		a.s.last[key] = written{ls, bits}
	}
	return ref, err
}
