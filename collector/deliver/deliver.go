// SPDX-License-Identifier: Apache-2.0

// Package deliver hands metrics over that nobody scrapes: as text, as a file for
// node_exporter's textfile collector, and by Prometheus remote write. What is in
// the metrics is left to the caller.
package deliver

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// textfileEnding is what the textfile collector reads; it ignores all else.
const textfileEnding = ".prom"

// Text writes the families in Prometheus' text format.
func Text(w io.Writer, families []*dto.MetricFamily) error {
	buffered := bufio.NewWriter(w)
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(buffered, f); err != nil {
			return fmt.Errorf("write the metric %s: %w", f.GetName(), err)
		}
	}
	return buffered.Flush()
}

// CheckFile returns what is wrong with path as the file of a textfile collector.
func CheckFile(path string) error {
	if !strings.HasSuffix(path, textfileEnding) {
		return fmt.Errorf("the textfile collector reads files whose names end in %s; rename %s", textfileEnding, path)
	}
	return nil
}

// File writes the families into the file at path, in the text format. Whoever
// reads the file at the same time sees the old one or the new one, whole: the
// text goes into another file of the folder, which is then renamed. That one has
// an ending that the textfile collector ignores.
func File(path string, families []*dto.MetricFamily) (err error) {
	if err := CheckFile(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write the metrics to %s: %w; make the folder, or let this user write to it", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	err = Text(f, families)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644) //nolint:gosec // node_exporter reads it as another user
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the metrics to %s: %w", path, err)
	}
	return nil
}
