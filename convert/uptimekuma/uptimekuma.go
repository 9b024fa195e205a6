// SPDX-License-Identifier: Apache-2.0

// Package uptimekuma makes the configuration folder of this project from the JSON
// backup of Uptime Kuma 1. It reads and writes no file itself: what it makes is
// written by package convert.
package uptimekuma

import (
	"strings"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// unknown is said of settings that this package does not know.
const unknown = "this setting is not known here, or has no meaning for this type of monitor"

// Convert converts the backup with that name and content. Groups, or else the first
// tags of monitors, become services, and monitors nodes with one replica.
func Convert(name string, data []byte, o convert.Options) (convert.Result, error) {
	doc, err := tree.JSON(name, data)
	if err != nil {
		return convert.Result{}, err
	}
	c := converter{
		doc: doc, out: folder.New(o, "Made from "+name+", a backup of Uptime Kuma."),
		monitors: map[string]*tree.Value{}, ways: map[string]folder.Way{}, proxies: map[string]string{},
	}
	c.out.Defaults = configfile.Map{{Key: "poll", Value: configfile.Map{
		{Key: "interval", Value: defaultInterval, After: theirs},
		{Key: "timeout", Value: timeoutOf(defaultInterval), After: theirs},
		{Key: "sick_after", Value: time.Duration(0), After: theirs},
		{Key: "retries", Value: 0, After: theirs},
	}}}
	c.document(doc.Root)
	files, filesErr := c.out.Files()
	notes, err := doc.Finish(unknown)
	switch {
	case err != nil:
		return convert.Result{}, err
	case filesErr != nil:
		return convert.Result{}, convert.Errors{{File: name, Msg: filesErr.Error()}}
	}
	return convert.Result{Files: files, Notes: notes}, nil
}

// What Uptime Kuma does where its backup says nothing.
const (
	defaultInterval = time.Minute
	theirs          = "Uptime Kuma's default"
)

// timeoutOf returns how long Uptime Kuma waits for an answer.
func timeoutOf(interval time.Duration) time.Duration { return interval * 4 / 5 }

// A converter holds what is made of a backup.
type converter struct {
	doc      *tree.Doc
	out      *folder.Folder
	monitors map[string]*tree.Value // by id
	ways     map[string]folder.Way  // by the id of the notification
	proxies  map[string]string      // addresses, by id
}

func (c *converter) document(root *tree.Value) {
	if root.Map() == nil || root.Get("monitorList") == nil {
		c.doc.Fail("there is no monitorList in it; name the file that Settings, Backup, Export of Uptime Kuma 1 made")
		return
	}
	root.Get("version").Exact("")
	for _, p := range root.Get("proxyList").Items() {
		c.proxy(p)
	}
	for _, n := range root.Get("notificationList").Items() {
		c.notification(n)
	}
	list := root.Get("monitorList").Items()
	for _, m := range list {
		if m.Map() != nil && m.Get("id") != nil {
			c.monitors[m.Get("id").Text()] = m
		}
	}
	for _, m := range list {
		if m.Map() != nil {
			c.monitor(m)
		}
	}
	if len(list) == 0 {
		root.Get("monitorList").Fail("there are no monitors in it; export the backup again")
	}
}

// proxy remembers the address of a proxy.
func (c *converter) proxy(p *tree.Value) {
	if p.Map() == nil {
		return
	}
	protocol, host := p.Get("protocol").Text(), p.Get("host").Text()
	port := p.Get("port").Int(0, 0, 65535)
	if (protocol == "http" || protocol == "https" || protocol == "socks5") && host != "" && port > 0 && !strings.ContainsAny(host, "/@ ?#%:") {
		c.proxies[p.Get("id").Text()] = proxyURL(protocol, host, port, p.Get("username").Text(), p.Get("password").Text(), p.Get("auth").Bool(false))
	}
	p.Note(convert.Differs, "exporter.yml: modules", "monitors over http and https go through it; socks and socks4 have no counterpart")
}

// service returns the service that a monitor belongs to: of its group, or else of its
// first tag.
func (c *converter) service(m *tree.Value) *folder.Service {
	at := m
	for range 20 { // groups within groups
		up := c.monitors[at.Get("parent").TextOr("")]
		if up == nil || up.Get("type").TextOr("") != "group" {
			break
		}
		at = up
	}
	if at != m {
		m.Get("parent").Exact("exporter.yml: services")
		return c.out.Service(at.Get("name").TextOr(""), at.Get("name").Source())
	}
	tags := m.Get("tags")
	for i, tag := range tags.Items() {
		name := tag.Get("name")
		if name.TextOr("") == "" {
			continue
		}
		if i == 0 {
			tag.Note(convert.Differs, "exporter.yml: services", "the first tag is the service, as the monitor is in no group")
			return c.out.Service(name.Text(), name.Source())
		}
	}
	return c.out.Service("Services", convert.Source{})
}
