// SPDX-License-Identifier: Apache-2.0

// Package deliver hands metrics over that nobody scrapes: as text, as a file for
// node_exporter's textfile collector, and by Prometheus remote write. What is in
// the metrics is left to the caller.
package deliver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/pharos-status/pharos/internal/atomicfile"
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
// reads the file at the same time sees the old one or the new one, whole.
func File(path string, families []*dto.MetricFamily) error {
	if err := CheckFile(path); err != nil {
		return err
	}
	// node_exporter reads it as another user.
	err := atomicfile.Write(path, 0o644, func(w io.Writer) error { return Text(w, families) })
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("write the metrics to %s: %w; make the folder, or let this user write to it", path, err)
	}
	if err != nil {
		return fmt.Errorf("write the metrics to %s: %w", path, err)
	}
	return nil
}
