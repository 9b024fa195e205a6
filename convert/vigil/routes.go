// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

// How often a group is told of: soon when something is new in it, and not again.
const (
	groupWait     = 5 * time.Second
	groupInterval = 10 * time.Second
	repeatAfter   = 5 * 24 * time.Hour
)

//go:embed vigil.tmpl
var templates string

const templateFile = "templates/vigil.tmpl"

// routing makes alertmanager.yml, if there is a channel.
func (n *notifier) routing(startup bool) {
	if len(n.channels) == 0 {
		return
	}
	receivers := []configfile.Map{{{Key: "name", Value: nobody}}}
	var routes []configfile.Map
	whole, alone := split(n.told(false))
	if len(alone) > 0 {
		receivers = append(receivers, receiver(hook, alone, true, "where the end is healthy"))
		routes = append(routes, configfile.Map{
			{Key: "receiver", Value: hook, After: "which lists the dead replicas, of all services in one group"},
			{Key: "matchers", Value: configfile.Flow{Value: []string{"alertname=PharosReplicaDead"}}},
			{Key: "continue", Value: true},
		})
	}
	if len(whole) > 0 {
		receivers = append(receivers, receiver(changes, whole, true, "told when something is dead, and when it is no more"))
		routes = append(routes, configfile.Map{
			{Key: "receiver", Value: changes, After: "of what made the whole dead in Vigil"},
			{Key: "matchers", Value: configfile.Flow{Value: []string{"alertname=~PharosServiceDead|PharosReplicaDead"}}},
		})
	}
	if n.reminds {
		receivers = append(receivers, receiver(again, n.told(true), false, "told again while something is dead; see alerting.yml"))
	}
	if startup && len(n.told(false)) > 0 {
		receivers = append(receivers, receiver(started, n.told(false), false, "told that Pharos has started; see alerting.yml"))
	}
	several := ""
	if len(receivers) > 2 {
		several = "Alertmanager has each channel once in each receiver that tells it: change it in all of them."
	}
	var doc configfile.Map
	if n.words {
		n.template()
		doc = configfile.Map{{Key: "templates", Value: configfile.Flow{Value: []string{templateFile}}}}
	}
	doc = append(doc, configfile.Entry{Key: "route", Value: configfile.Map{
		{Key: "receiver", Value: nobody, Above: "Vigil told of nothing else. Without group_by all is one group, as in Vigil."},
		{Key: "group_wait", Value: groupWait},
		{Key: "group_interval", Value: groupInterval},
		{Key: "repeat_interval", Value: repeatAfter},
		{Key: "routes", Value: routes},
	}}, configfile.Entry{Key: "receivers", Value: receivers, Above: several})
	n.c.write(alertmanagerFile, false, doc)
}

// split returns the channels that take any group, and those that need one of
// replicas.
func split(all []channel) (whole, alone []channel) {
	for _, ch := range all {
		if ch.alone {
			alone = append(alone, ch)
		} else {
			whole = append(whole, ch)
		}
	}
	return whole, alone
}

// receiver returns a receiver that tells some channels, by their kinds.
func receiver(name string, channels []channel, resolved bool, comment string) configfile.Map {
	m := configfile.Map{{Key: "name", Value: name, After: comment}}
	var kinds []string
	for _, ch := range channels {
		if !slices.Contains(kinds, ch.kind) {
			kinds = append(kinds, ch.kind)
		}
	}
	for _, kind := range kinds {
		var configs []configfile.Map
		for _, ch := range channels {
			if ch.kind == kind {
				configs = append(configs, append(slices.Clone(ch.config), configfile.Entry{Key: "send_resolved", Value: resolved}))
			}
		}
		m = append(m, configfile.Entry{Key: kind, Value: configs})
	}
	return m
}

// template adds the words of the messages that Alertmanager sends by itself.
func (n *notifier) template() {
	text := strings.NewReplacer(
		"PAGE_TITLE", strconv.Quote(n.page.title.value),
		"PAGE_URL", strconv.Quote(n.page.url.value),
	).Replace(templates)
	n.c.result.Files = append(n.c.result.Files, convert.File{Name: templateFile, Data: []byte(text)})
}
