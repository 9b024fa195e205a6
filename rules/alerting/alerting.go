// SPDX-License-Identifier: Apache-2.0

// Package alerting reads alerting.yml: who is told of what, when and how often,
// and the choices that the rules leave open. It checks values and knows neither
// Prometheus nor Alertmanager; what becomes of the values is left to package
// generate.
package alerting

import (
	"os"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A Config is what alerting.yml says, checked. Sections that a file does not have
// are nil. It is not changed once loaded.
type Config struct {
	Quorum       Quorum       `yaml:"quorum"`
	Uptime       Uptime       `yaml:"uptime"`
	Apdex        Apdex        `yaml:"apdex"`
	SLO          []Objective  `yaml:"slo"`
	GrafanaURL   string       `yaml:"grafana_url"` // without a slash at its end; empty: there is none
	Startup      *Startup     `yaml:"startup"`
	Watchdog     *Watchdog    `yaml:"watchdog"`
	Reminders    *Reminders   `yaml:"reminders"`
	Owners       []Owner      `yaml:"owners"`
	QuietHours   *QuietHours  `yaml:"quiet_hours"`
	Dependencies []Dependency `yaml:"dependencies"`
}

// A Quorum is how many of the places that watch a replica have to find it dead, or
// sick, for it to be so.
type Quorum string

// The quorums: one place, more than half of them, each of them.
const (
	Any      Quorum = "any"
	Majority Quorum = "majority"
	All      Quorum = "all"
)

// A Count is what a minute in a state counts as, for the uptime.
type Count string

// The ways to count a minute: not at all, as up, as down.
const (
	Exclude   Count = "exclude"
	CountUp   Count = "count_up"
	CountDown Count = "count_down"
)

// Uptime says what minutes that are neither healthy nor dead count as.
type Uptime struct {
	Sick        Count `yaml:"sick"` // never Exclude
	Unknown     Count `yaml:"unknown"`
	Maintenance Count `yaml:"maintenance"`
}

// Apdex says which answers satisfy: those within the threshold; those within four
// times of it are tolerated.
type Apdex struct {
	Threshold model.Duration  `yaml:"threshold"`
	Overrides []ApdexOverride `yaml:"overrides"`
}

// An ApdexOverride is a threshold of a service, or of one of its nodes.
type ApdexOverride struct {
	Service   string         `yaml:"service"`
	Node      string         `yaml:"node"` // empty: the service
	Threshold model.Duration `yaml:"threshold"`
}

// An Objective is the share of time, in percent, that a service promises to be up.
type Objective struct {
	Service   string  `yaml:"service"`
	Objective float64 `yaml:"objective"` // above 1, below 100
	Window    string  `yaml:"window"`    // 7d, 28d, 30d or 90d
}

// Startup says who is told that an exporter has started.
type Startup struct {
	Receiver string `yaml:"receiver"`
}

// Watchdog says who is told again and again that alerting works.
type Watchdog struct {
	Receiver string         `yaml:"receiver"`
	Interval model.Duration `yaml:"interval"`
}

// A Backoff is how the time between two reminders grows.
type Backoff string

// The ways to grow: with the number N of the reminder, the interval is multiplied
// by 1, N, N² or N³.
const (
	None   Backoff = "none"
	Linear Backoff = "linear"
	Square Backoff = "square"
	Cubic  Backoff = "cubic"
)

// Reminders says when it is told again that a service is dead, and to whom.
type Reminders struct {
	Interval model.Duration `yaml:"interval"`
	Backoff  Backoff        `yaml:"backoff"`
	Limit    int            `yaml:"limit"`    // from this reminder on, the interval stays
	Only     []string       `yaml:"only"`     // receivers that get reminders, and no changes
	Escalate []string       `yaml:"escalate"` // the first gets every reminder, the second from the second on …
}

// An Owner is who gets the alerts of some services.
type Owner struct {
	Services  []string `yaml:"services"` // empty: each
	Nodes     []string `yaml:"nodes"`    // empty: each, and what is said of the service as a whole
	Receivers []string `yaml:"receivers"`
	Continue  bool     `yaml:"continue"` // look for others as well
}

// QuietHours are times at which owners don't get alerts of some severities.
type QuietHours struct {
	Location   string      `yaml:"location"`
	Times      []TimeRange `yaml:"times"`      // empty: the whole day
	Weekdays   []string    `yaml:"weekdays"`   // as in Alertmanager, on which a range begins; empty: every day
	Severities []string    `yaml:"severities"` // critical, warning, info
}

// A TimeRange is from one time of the day to another, HH:MM. It lasts over midnight
// if it ends before it starts.
type TimeRange struct {
	Start string `yaml:"start"`
	End   string `yaml:"end"` // up to 24:00
}

// A Dependency tells what can't work if something else is dead: nobody is told of
// it then.
type Dependency struct {
	Part      `yaml:",inline"`
	DependsOn []Part `yaml:"depends_on"`
}

// A Part is a service or one of its nodes.
type Part struct {
	Service string `yaml:"service"`
	Node    string `yaml:"node"` // empty: the whole service
}

// Default returns what an absent or empty file stands for.
func Default() *Config {
	return &Config{
		Quorum: Majority,
		Uptime: Uptime{Sick: CountUp, Unknown: Exclude, Maintenance: Exclude},
		Apdex:  Apdex{Threshold: model.Duration(500 * time.Millisecond)},
	}
}

// Load reads the file at path. Its error tells everything that is wrong with the
// file, a line each, and wraps [os.ErrNotExist] if there is no such file.
func Load(path string) (*Config, error) {
	f, err := configfile.Read(path)
	if err != nil {
		return nil, err
	}
	return parse(f, os.LookupEnv)
}

// Parse is Load for what has been read already. The name stands in messages.
func Parse(name string, data []byte) (*Config, error) {
	f, err := configfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	return parse(f, os.LookupEnv)
}

func parse(f *configfile.File, lookup func(string) (string, bool)) (*Config, error) {
	if err := f.ExpandEnv(lookup); err != nil {
		return nil, err
	}
	c := Default()
	c.defaults(f.Has)
	if err := f.Decode(c); err != nil {
		return nil, err
	}
	if err := c.check(f); err != nil {
		return nil, err
	}
	return c, nil
}

// defaults fills what a section begins with, for those that are there.
func (c *Config) defaults(has func(key string) bool) {
	if has("watchdog") {
		c.Watchdog = &Watchdog{Interval: model.Duration(5 * time.Minute)}
	}
	if has("reminders") {
		c.Reminders = &Reminders{Backoff: None, Limit: 3}
	}
	if has("quiet_hours") {
		c.QuietHours = &QuietHours{Location: "UTC", Severities: []string{"warning", "info"}}
	}
}
