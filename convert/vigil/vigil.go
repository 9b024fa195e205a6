// SPDX-License-Identifier: Apache-2.0

// Package vigil makes a configuration folder of Pharos from the configuration of
// Vigil, or of Vigil Local. It is a pure function of the text and of the environment
// that it is given; writing the files, and the report of what became of each setting,
// are the business of package convert.
package vigil

import (
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Convert converts Vigil's config.cfg. The error is [convert.Errors], with all that is
// wrong; the result is empty then.
func Convert(name string, data []byte, o convert.Options) (convert.Result, error) {
	c, root, err := open("Vigil", name, data, o)
	if err != nil {
		return convert.Result{}, err
	}
	manager, reporter := c.server(root.sub("server"))
	c.assets(root.sub("assets"))
	c.exporter(root, reporter)
	page := c.page(root.sub("branding"), manager)
	c.notify(root.sub("notify"), page)
	root.done()
	return c.finish()
}

// exporter makes exporter.yml.
func (c *converter) exporter(root *section, reporter setting[string]) {
	defaults := c.metrics(root.sub("metrics"))
	w := &watch{c: c}
	plugins := root.sub("plugins")
	queues := w.rabbitMQ(plugins.sub("rabbitmq"))
	plugins.done()
	services := w.services(root.sub("probe"))
	c.keep("reporter.token", reporter)

	var doc configfile.Map
	add := func(key string, m configfile.Map) {
		if len(m) > 0 {
			doc = append(doc, configfile.Entry{Key: key, Value: m})
		}
	}
	add("defaults", defaults)
	add("reporter", configfile.Map{{
		Key: "tokens", Value: []any{configfile.Flow{Value: configfile.Map{{Key: "token_file", Value: "reporter.token"}}}}, After: reporter.after(),
	}})
	add("rabbitmq", queues)
	doc = append(doc, configfile.Entry{Key: "services", Value: services})
	c.write(exporterFile, c.secret, doc)
}

// ConvertLocal converts the configuration of Vigil Local into that of an exporter that
// relays what it sees. Its errors are those of [Convert].
func ConvertLocal(name string, data []byte, o convert.Options) (convert.Result, error) {
	c, root, err := open("Vigil Local", name, data, o)
	if err != nil {
		return convert.Result{}, err
	}
	local := root.sub("server")
	c.logLevel(local)
	local.done()
	relay := c.relay(root.sub("report"))
	defaults := c.localMetrics(root.sub("metrics"))
	w := &watch{c: c, local: true}
	services := w.services(root.sub("probe"))
	root.done()
	c.write(exporterFile, c.secret, configfile.Map{
		{Key: "defaults", Value: defaults}, {Key: "relay", Value: relay}, {Key: "services", Value: services},
	})
	return c.finish()
}
