// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"os"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Load reads and checks the file at path. Its error holds everything that is
// wrong, each with file and line, as [configfile.Errors]; it wraps
// [os.ErrNotExist] if there is no such file.
func Load(path string) (*Config, error) {
	f, err := configfile.Read(path)
	if err != nil {
		return nil, err
	}
	return build(f)
}

func build(f *configfile.File) (*Config, error) {
	// Modules have expressions with dollars, and take none of our variables.
	if err := f.ExpandEnv(os.LookupEnv, "scripts", "modules"); err != nil {
		return nil, err
	}
	var d document
	if err := f.Decode(&d); err != nil {
		return nil, err
	}
	l := loader{file: f, services: map[string]string{}, discovers: len(d.HTTPSD) > 0}
	c := l.config(&d)
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// A loader makes values of a document, and collects what is wrong with it.
type loader struct {
	file *configfile.File
	errs configfile.Errors

	modules     map[string]*module.Module // that nodes may name
	services    map[string]string         // where those read so far stand, by ID
	discovers   bool                      // more services and replicas will be discovered
	readsQueues bool                      // it is said where queues are
	queues      Queue                     // what holds for all of them
}

func (l *loader) fail(p configfile.Path, format string, args ...any) {
	l.errs = append(l.errs, l.file.Errorf(p, format, args...))
}

// failKey is fail at the line of a key that is better not shown as it is.
func (l *loader) failKey(p configfile.Path, key, format string, args ...any) {
	problem := l.file.Errorf(p.At(key), format, args...)
	problem.Path = p.String()
	l.errs = append(l.errs, problem)
}

// place returns file:line of the value at p.
func (l *loader) place(p configfile.Path) string {
	at := l.file.Errorf(p, "")
	return fmt.Sprintf("%s:%d", at.File, at.Line)
}

func (l *loader) config(d *document) *Config {
	c := Default()
	l.atLeastOne(configfile.Path{"parallelism", "poll"}, d.Parallelism.Poll, &c.Parallelism.Poll)
	l.atLeastOne(configfile.Path{"parallelism", "script"}, d.Parallelism.Script, &c.Parallelism.Script)
	c.Modules = l.loadModules(d)
	c.RabbitMQ, l.queues = l.rabbitMQ(configfile.Path{"rabbitmq"}, d.RabbitMQ)
	l.modules, l.readsQueues = c.Modules, d.RabbitMQ != nil && d.RabbitMQ.URL != ""

	c.files.defaults = l.settings(configfile.Path{"defaults"}, d.Defaults, defaultSettings())
	l.addServices(&c.files, d.Services)
	c.ServiceFiles = l.serviceFiles(configfile.Path{"service_files"}, d.ServiceFiles, &c.files)

	c.Tokens, c.Limits = l.reporter(configfile.Path{"reporter"}, d.Reporter)
	c.Relay = l.relay(configfile.Path{"relay"}, d.Relay)
	c.Vantage = l.vantage(d.Vantage)
	c.Shard = l.shard(configfile.Path{"shard"}, d.Shard)
	c.HTTPSD = l.httpSDs(configfile.Path{"http_sd_configs"}, d.HTTPSD)
	c.Services = c.Shard.pick(c.files.services)
	c.source = shown(d, c)
	return c
}

func (l *loader) vantage(name string) string {
	if problem := nameProblem(name); problem != "" {
		l.fail(configfile.Path{"vantage"}, "%s", problem)
	}
	return name
}

func (l *loader) atLeastOne(p configfile.Path, from *int, to *int) {
	if from == nil {
		return
	}
	*to = *from
	if *from < 1 {
		l.fail(p, "is %d, want at least 1", *from)
	}
}
