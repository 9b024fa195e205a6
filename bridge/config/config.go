// SPDX-License-Identifier: Apache-2.0

// Package config reads bridge.yml: which channels there are, who may post to the
// bridge, and how long it tries. It checks values and reads secret files, and uses
// no network; the settings of each kind of channel are left to package channel.
package config

import (
	"time"

	"github.com/prometheus/common/model"
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
