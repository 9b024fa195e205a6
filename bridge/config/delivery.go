// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Delivery says how hard to try to deliver to a channel.
type Delivery struct {
	Timeout     model.Duration `yaml:"timeout"`       // of one attempt
	RetryWait   model.Duration `yaml:"retry_wait"`    // after the first attempt; doubled after each further one
	RetryMax    model.Duration `yaml:"retry_max"`     // the longest wait
	GiveUpAfter model.Duration `yaml:"give_up_after"` // from when the notification was accepted
	PerMinute   int            `yaml:"per_minute"`    // the most messages a minute, for all recipients; 0: no limit
	Burst       int            `yaml:"burst"`         // how many of them may go at once
}

// DefaultDelivery is what holds where nothing is set.
func DefaultDelivery() Delivery {
	return Delivery{
		Timeout: model.Duration(10 * time.Second), RetryWait: model.Duration(time.Second), RetryMax: model.Duration(5 * time.Minute),
		GiveUpAfter: model.Duration(24 * time.Hour), Burst: 10,
	}
}

// inherit gives each channel what the file says of delivery for all, where it says
// nothing of its own.
func (c *Config) inherit(f *configfile.File) error {
	var own struct {
		Channels []struct {
			Delivery struct {
				Timeout     *model.Duration `yaml:"timeout"`
				RetryWait   *model.Duration `yaml:"retry_wait"`
				RetryMax    *model.Duration `yaml:"retry_max"`
				GiveUpAfter *model.Duration `yaml:"give_up_after"`
				PerMinute   *int            `yaml:"per_minute"`
				Burst       *int            `yaml:"burst"`
			} `yaml:"delivery"`
		} `yaml:"channels"`
	}
	if err := f.Peek(&own); err != nil {
		return err
	}
	for i, ch := range own.Channels {
		set, d := c.Delivery, ch.Delivery
		override(&set.Timeout, d.Timeout)
		override(&set.RetryWait, d.RetryWait)
		override(&set.RetryMax, d.RetryMax)
		override(&set.GiveUpAfter, d.GiveUpAfter)
		override(&set.PerMinute, d.PerMinute)
		override(&set.Burst, d.Burst)
		c.Channels[i].Delivery = set
	}
	return nil
}

func override[T any](to, by *T) {
	if by != nil {
		*to = *by
	}
}

// delivery checks what is said of delivery at p.
func (k *checker) delivery(p configfile.Path, d Delivery) {
	if d.Timeout <= 0 {
		k.errorf(p.At("timeout"), "is %s, want more than 0", d.Timeout)
	}
	if d.RetryWait <= 0 {
		k.errorf(p.At("retry_wait"), "is %s, want more than 0", d.RetryWait)
	}
	if d.RetryMax < d.RetryWait {
		k.errorf(p.At("retry_max"), "is %s, shorter than retry_wait (%s); make it longer", d.RetryMax, d.RetryWait)
	}
	if d.GiveUpAfter < d.Timeout {
		k.errorf(p.At("give_up_after"), "is %s, shorter than timeout (%s), so that not even one attempt could end; make it longer", d.GiveUpAfter, d.Timeout)
	}
	if d.PerMinute < 0 {
		k.errorf(p.At("per_minute"), "is %d, want 0, for no limit, or more", d.PerMinute)
	}
	if d.Burst < 1 {
		k.errorf(p.At("burst"), "is %d, want at least 1", d.Burst)
	}
}
