// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"
)

// block writes a block of two hours that ended so long ago, with as many samples,
// and returns its name.
func (r *rig) block(ago time.Duration, samples int) string {
	r.t.Helper()
	dir := r.t.TempDir()
	w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), dir, 2*time.Hour.Milliseconds())
	require.NoError(r.t, err)
	app := w.Appender(r.t.Context())
	end := time.Now().Add(-ago).Truncate(2 * time.Hour).UnixMilli()
	for i := range samples {
		_, err = app.Append(0, labels.FromStrings("__name__", "old"), end-int64(samples-i), rand.Float64())
		require.NoError(r.t, err)
	}
	require.NoError(r.t, app.Commit())
	id, err := w.Flush(r.t.Context())
	require.NoError(r.t, err)
	require.NoError(r.t, w.Close())
	home := filepath.Join(r.o.StoragePath, "prometheus")
	require.NoError(r.t, os.MkdirAll(home, 0o755))
	require.NoError(r.t, os.Rename(filepath.Join(dir, id.String()), filepath.Join(home, id.String())))
	return id.String()
}

// blocks returns the names of the blocks on disk.
func (r *rig) blocks() []string {
	r.t.Helper()
	metas, err := filepath.Glob(filepath.Join(r.o.StoragePath, "prometheus", "*", "meta.json"))
	require.NoError(r.t, err)
	names := make([]string, len(metas))
	for i, m := range metas {
		names[i] = filepath.Base(filepath.Dir(m))
	}
	return names
}

func TestRetentionTakesEffect(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	r := newRig(t, 1, func(o *Options) { o.RetentionTime, o.testBlockReload = 5*day, time.Second })
	newest := r.block(4*time.Hour, 1)
	r.start()
	require.InDelta(t, (5 * day).Seconds(), r.sum("prometheus_tsdb_retention_limit_seconds"), 0)

	young, old := r.block(2*day, 1), r.block(10*day, 1)
	gone := func(name string) func() bool { return func() bool { return !slices.Contains(r.blocks(), name) } }
	r.eventually(gone(old), "the default does not take effect")
	require.Contains(t, r.blocks(), young)

	require.NoError(t, r.Reload())
	old = r.block(10*day, 1)
	r.eventually(gone(old), "the default does not take effect after a reload")

	r.write("prometheus.yml", "storage: {tsdb: {retention: {time: 1d, size: 1GB}}}\n")
	require.NoError(t, r.Reload())
	require.InDelta(t, day.Seconds(), r.sum("prometheus_tsdb_retention_limit_seconds"), 0)
	require.InDelta(t, 1<<30, r.sum("prometheus_tsdb_retention_limit_bytes"), 0)
	r.eventually(gone(young), "the file does not win")

	r.write("prometheus.yml", "")
	require.NoError(t, r.Reload())
	require.InDelta(t, (5 * day).Seconds(), r.sum("prometheus_tsdb_retention_limit_seconds"), 0)
	require.Contains(t, r.blocks(), newest)
}

func TestRetentionBySize(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, func(o *Options) { o.RetentionSize, o.testBlockReload = 1<<20, time.Second })
	r.start()
	young, old := r.block(4*time.Hour, 1), r.block(48*time.Hour, 300_000) // 2 MB
	r.eventually(func() bool { return !slices.Contains(r.blocks(), old) }, "the size limit does not take effect")
	require.Contains(t, r.blocks(), young)
}

func TestBlocksAreLongButNotLongerThanTheRetentionAllows(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for file, want := range map[string]time.Duration{
		"": 31 * day,
		"storage: {tsdb: {retention: {time: 15d}}}\n":                 36 * time.Hour,
		"storage: {tsdb: {retention: {time: 1h}}}\n":                  2 * time.Hour,
		"storage: {tsdb: {retention: {size: 1GB}}}\n":                 7 * day,
		"storage: {tsdb: {retention: {time: 15d, size: 1GB}}}\n":      36 * time.Hour,
		"storage: {tsdb: {retention: {time: 15d, size: nonsense}}}\n": 31 * day, // the file is refused
	} {
		o := usual(t, newExporter(0)).withDefaults()
		require.NoError(t, os.WriteFile(filepath.Join(o.ConfigDir, "prometheus.yml"), []byte(file), 0o600))
		retention, size := retained(o)
		require.Equal(t, want, longestBlock(o, retention, size), file)
	}
}
