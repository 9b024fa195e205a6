// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// settings may stand on every level; what a level does not set, it takes from
// the one above.
type settings struct {
	Poll   *pollDocument   `yaml:"poll,omitempty"`
	Script *scriptSettings `yaml:"script,omitempty"`
	Push   *pushDocument   `yaml:"push,omitempty"`
	Local  *localDocument  `yaml:"local,omitempty"`
	TLS    *tlsDocument    `yaml:"tls,omitempty"`
	SSH    *sshDocument    `yaml:"ssh,omitempty"`
}

type pollDocument struct {
	Interval   *model.Duration     `yaml:"interval,omitempty"`
	Timeout    *model.Duration     `yaml:"timeout,omitempty"`
	SickAfter  *model.Duration     `yaml:"sick_after,omitempty"`
	Retries    *int                `yaml:"retries,omitempty"`
	RetryWait  *model.Duration     `yaml:"retry_wait,omitempty"`
	HTTPStatus *httpStatusDocument `yaml:"http_status,omitempty,flow"`
}

type httpStatusDocument struct {
	From  *int `yaml:"from,omitempty"`
	Below *int `yaml:"below,omitempty"`
}

type scriptSettings struct {
	Interval      *model.Duration         `yaml:"interval,omitempty"`
	Timeout       *model.Duration         `yaml:"timeout,omitempty"`
	Retries       *int                    `yaml:"retries,omitempty"`
	RetryWait     *model.Duration         `yaml:"retry_wait,omitempty"`
	NagiosUnknown string                  `yaml:"nagios_unknown,omitempty"`
	Environment   list                    `yaml:"environment,omitempty,flow"`
	Steps         map[string]stepDocument `yaml:"steps,omitempty"`
}

type stepDocument struct {
	SickAfter *model.Duration `yaml:"sick_after,omitempty"`
}

type pushDocument struct {
	DeadAfter    *model.Duration `yaml:"dead_after,omitempty"`
	ForgetAfter  *model.Duration `yaml:"forget_after,omitempty"`
	CPUSickAbove *float64        `yaml:"cpu_sick_above,omitempty"`
	RAMSickAbove *float64        `yaml:"ram_sick_above,omitempty"`
}

type localDocument struct {
	DeadAfter   *model.Duration `yaml:"dead_after,omitempty"`
	ForgetAfter *model.Duration `yaml:"forget_after,omitempty"`
}

type tlsDocument struct {
	SickBefore *model.Duration   `yaml:"sick_before,omitempty"`
	SkipVerify *bool             `yaml:"insecure_skip_verify,omitempty"`
	ServerName *string           `yaml:"server_name,omitempty"`
	CA         string            `yaml:"ca,omitempty"`
	CAFile     string            `yaml:"ca_file,omitempty"`
	Cert       string            `yaml:"cert,omitempty"`
	CertFile   string            `yaml:"cert_file,omitempty"`
	Key        configfile.Secret `yaml:"key,omitempty"`
	KeyFile    string            `yaml:"key_file,omitempty"`
	MinVersion string            `yaml:"min_version,omitempty"`
	MaxVersion string            `yaml:"max_version,omitempty"`
}

type sshDocument struct {
	HostKeys list `yaml:"host_keys,omitempty"`
}

// A list may be empty, which is not the same as not being there.
type list []string

// IsZero tells whether the list is not there.
func (l list) IsZero() bool { return l == nil }

// document returns the settings as they are written, but for those of TLS and
// SSH, which have no defaults.
func (r resolved) document() settings {
	duration := func(d time.Duration) *model.Duration { return (*model.Duration)(&d) }
	steps := map[string]stepDocument{}
	for name, limit := range r.script.Steps {
		steps[name] = stepDocument{duration(limit)}
	}
	return settings{
		Poll: &pollDocument{
			Interval: duration(r.poll.Interval), Timeout: duration(r.poll.Timeout), SickAfter: duration(r.poll.SickAfter),
			Retries: &r.poll.Retries, RetryWait: duration(r.poll.RetryWait),
			HTTPStatus: &httpStatusDocument{From: &r.poll.StatusFrom, Below: &r.poll.StatusBelow},
		},
		Script: &scriptSettings{
			Interval: duration(r.script.Interval), Timeout: duration(r.script.Timeout),
			Retries: &r.script.Retries, RetryWait: duration(r.script.RetryWait),
			NagiosUnknown: r.script.NagiosUnknown.String(), Environment: r.script.Environment, Steps: steps,
		},
		Push: &pushDocument{
			DeadAfter: duration(r.push.DeadAfter), ForgetAfter: duration(r.push.ForgetAfter),
			CPUSickAbove: &r.push.CPUSickAbove, RAMSickAbove: &r.push.RAMSickAbove,
		},
		Local: &localDocument{DeadAfter: duration(r.local.DeadAfter), ForgetAfter: duration(r.local.ForgetAfter)},
	}
}
