// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	stepMark    = "pharos:" // begins a line that is for Pharos
	maxSteps    = 100       // of a script
	maxTold     = 3         // wrong lines that are told
	longestStep = 366 * 24 * time.Hour
)

// readSteps puts what lines such as
//
//	pharos: step=NAME seconds=1.25
//
// say into the trace. What is wrong with such a line is told in the log.
func readSteps(t *Trace, text string) {
	told := 0
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), stepMark)
		if !ok {
			continue
		}
		step, err := parseStep(line)
		switch {
		case err != nil:
		case len(t.Steps) >= maxSteps:
			err = fmt.Errorf("a script can have %d steps", maxSteps)
		case slices.ContainsFunc(t.Steps, func(s Step) bool { return s.Name == step.Name }):
			err = errors.New("there was a step of this name before")
		default:
			t.Steps = append(t.Steps, step)
			continue
		}
		if told++; told <= maxTold {
			t.Event(eventStepOut, clean(err.Error()+": "+line))
		}
	}
}

// parseStep reads what follows the mark.
func parseStep(text string) (step Step, err error) {
	known := false
	for field := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "step":
			step.Name = clean(value)
		case "seconds":
			step.Took, known = parseSeconds(value)
		default:
			return Step{}, errors.New("want step=NAME seconds=NUMBER")
		}
	}
	switch {
	case step.Name == "":
		return Step{}, errors.New("the step has no name")
	case !known:
		return Step{}, errors.New("the step has no time of 0 seconds or more, such as seconds=1.25")
	}
	return step, nil
}

func parseSeconds(text string) (time.Duration, bool) {
	seconds, unit, ok := parseNumber(text)
	if !ok || unit != "" || seconds < 0 || seconds > longestStep.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// slowStep returns a failure for the first step that is over its limit, if any.
func slowStep(steps []Step, limits map[string]time.Duration) error {
	for _, s := range steps {
		if limit := limits[s.Name]; limit > 0 && s.Took > limit {
			return &Failure{status.Sick, status.Slow, fmt.Errorf("step %s took %v, sick after %v", s.Name, s.Took, limit)}
		}
	}
	return nil
}
