// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Bounds of one answer. An answer beyond the first two is refused; targets beyond
// the others are left out.
const (
	maxBody       = 10 << 20 // bytes, after decompression
	maxTargets    = 100_000
	maxURL        = 4 << 10 // bytes
	maxLabels     = 64      // of a target
	maxLabelName  = 200     // bytes
	maxLabelValue = 4 << 10 // bytes
)

// A group is a part of an answer: targets that have labels in common.
type group struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// parse reads an answer, a group at a time so that many empty ones need no room.
// leftOut counts targets that are too long or have labels that are.
func parse(r io.Reader) (targets []Target, leftOut int, err error) {
	d := json.NewDecoder(&limited{r, maxBody})
	d.DisallowUnknownFields()
	if err := open(d); err != nil {
		return nil, 0, err
	}
	for n := 1; d.More(); n++ {
		var g *group
		if err := d.Decode(&g); err != nil {
			return nil, 0, fmt.Errorf("decode group %d: %w", n, err)
		}
		if g == nil {
			return nil, 0, fmt.Errorf("group %d is null, want {\"targets\": [...], \"labels\": {...}}", n)
		}
		if len(targets)+len(g.Targets) > maxTargets {
			return nil, 0, fmt.Errorf("more than %d targets; spread them over several endpoints", maxTargets)
		}
		good := g.bearable()
		for _, url := range g.Targets {
			if !good || len(url) > maxURL {
				leftOut++
				continue
			}
			targets = append(targets, Target{url, g.Labels})
		}
	}
	return targets, leftOut, end(d)
}

// open reads the beginning of the array.
func open(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("decode the answer: %w", err)
	}
	if token != json.Delim('[') {
		return errors.New("the answer is no JSON array, want [{\"targets\": [...], \"labels\": {...}}]")
	}
	return nil
}

// end reads the end of the array, and that nothing follows it.
func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("decode the answer: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON array of the answer")
	}
	return nil
}

// bearable tells whether the labels are within the bounds.
func (g *group) bearable() bool {
	if len(g.Labels) > maxLabels {
		return false
	}
	for name, value := range g.Labels {
		if len(name) > maxLabelName || len(value) > maxLabelValue {
			return false
		}
	}
	return true
}

// errTooLong says that an answer is longer than what is read.
var errTooLong = fmt.Errorf("the answer is longer than %d MiB; spread the targets over several endpoints", maxBody>>20)

// limited reads so many bytes, and then fails rather than ends.
type limited struct {
	r    io.Reader
	left int
}

// Read implements [io.Reader].
func (l *limited) Read(p []byte) (int, error) {
	if l.left == 0 {
		if n, err := l.r.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, errTooLong
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
