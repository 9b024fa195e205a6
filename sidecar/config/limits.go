// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/units"
	"github.com/prometheus/common/model"
)

// DefaultWithin is the time within which restarts count where none is set.
const DefaultWithin = 10 * time.Minute

// Limits say what makes a process, or a systemd unit, sick or dead that is there.
type Limits struct {
	CPU       Limit    `yaml:"cpu,omitempty"`        // in cores: 1 is one core, all of the time
	Memory    Limit    `yaml:"memory,omitempty"`     // in bytes, or in percent of what it may use
	OpenFiles Limit    `yaml:"open_files,omitempty"` // how many, or in percent of what it may open
	Threads   Limit    `yaml:"threads,omitempty"`    // how many
	Restarts  Restarts `yaml:"restarts,omitempty"`
}

// A Limit has one value, or two, or none.
type Limit struct {
	SickAbove Amount `yaml:"sick_above,omitempty"`
	DeadAbove Amount `yaml:"dead_above,omitempty"`
}

// Set tells whether there is a limit.
func (l Limit) Set() bool { return l.SickAbove.set || l.DeadAbove.set }

// Percent tells whether one of the values is in percent.
func (l Limit) Percent() bool { return l.SickAbove.Percent || l.DeadAbove.Percent }

// Restarts limit how often a process may have been started again within a time.
type Restarts struct {
	Limit  `yaml:",inline"`
	Within model.Duration `yaml:"within,omitempty"`
}

// IsZero tells whether nothing is set, for YAML.
func (r Restarts) IsZero() bool { return r == Restarts{} }

// An Amount is a number, a size in bytes or a share in percent.
type Amount struct {
	Value   float64 // a share is 0.8 for 80%
	Percent bool
	text    string
	set     bool
}

// IsZero tells whether there is no amount, for YAML. The amount 0 is one.
func (a Amount) IsZero() bool { return !a.set }

// Set tells whether there is an amount.
func (a Amount) Set() bool { return a.set }

// String returns the amount as it was written.
func (a Amount) String() string { return a.text }

// MarshalYAML returns the amount as it was written.
func (a Amount) MarshalYAML() (any, error) { return a.text, nil }

// UnmarshalYAML reads an amount.
func (a *Amount) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	read, err := parseAmount(text)
	if err != nil {
		return err
	}
	*a = read
	return nil
}

var errAmount = errors.New("not an amount; write a number such as 0.9, a size such as 500MB or 2GiB, or a share such as 80%")

// parseAmount reads 0.9, 500MB, 2GiB or 80%. MB and MiB are both 1,048,576 bytes, as
// in the configuration of Prometheus, and so on with the others.
func parseAmount(text string) (Amount, error) {
	trimmed := strings.TrimSpace(text)
	number, percent := strings.CutSuffix(trimmed, "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case err == nil && percent:
		value /= 100
	case err == nil:
	case percent:
		return Amount{}, fmt.Errorf("%q is %w", text, errAmount)
	default:
		bytes, err := units.ParseBase2Bytes(strings.ReplaceAll(trimmed, " ", ""))
		if err != nil {
			return Amount{}, fmt.Errorf("%q is %w", text, errAmount)
		}
		value = float64(bytes)
	}
	if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
		return Amount{}, fmt.Errorf("%q is below 0 or no number", text)
	}
	return Amount{Value: value, Percent: percent, text: trimmed, set: true}, nil
}
