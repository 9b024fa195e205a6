// SPDX-License-Identifier: Apache-2.0

// Package uptimekuma makes the configuration folder of this project from the JSON
// backup of Uptime Kuma 1. It reads and writes no file itself: what it makes is
// written by package convert.
package uptimekuma

import (
	"bytes"
	"strings"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// unknown is said of settings that this package does not know.
const unknown = "this setting is not known here; look up what it does in Uptime Kuma"

// Convert converts the backup with that name and content. Groups, or else the first
// tags of monitors, become services, and monitors nodes with one replica.
func Convert(name string, data []byte, o convert.Options) (convert.Result, error) {
	if bytes.HasPrefix(data, []byte("SQLite format 3\x00")) {
		return convert.Result{}, convert.Errors{{File: name, Msg: isDatabase}}
	}
	doc, err := tree.JSON(name, data)
	if err != nil {
		return convert.Result{}, err
	}
	c := converter{
		doc: doc, out: folder.New(o, "Made from "+name+", a backup of Uptime Kuma."),
		settings: settings(), said: map[string]bool{},
		monitors: map[string]*tree.Value{}, parents: map[string]bool{}, ways: map[string]folder.Way{}, proxies: map[string]string{},
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

// isDatabase is said of kuma.db.
const isDatabase = "it is the database of Uptime Kuma, not a backup in JSON: version 1 makes one (Settings, Backup, Export); " +
	"of version 2, sqlite3 makes one of a copy of this file, by the statement in docs/migrate-from-vigil.md#uptime-kuma"

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
	settings map[string]setting
	said     map[string]bool        // what is said once
	monitors map[string]*tree.Value // by id
	parents  map[string]bool        // ids of monitors that others are in
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
			c.parents[m.Get("parent").TextOr("")] = true
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
	if c.proxies[p.Get("id").TextOr("")] != "" {
		p.Exact("exporter.yml: modules")
		return
	}
	p.Note(convert.Missing, "", "it can't be asked through: a proxy is of the protocol http, https or socks5, and has a host and a port")
}

// deepest is how deep groups are within groups.
const deepest = 20

// groupOf returns the group that a monitor is in, and nil if it is in none.
func (c *converter) groupOf(m *tree.Value) *tree.Value {
	up := c.monitors[m.Get("parent").TextOr("")]
	if up.Get("type").TextOr("") != "group" {
		return nil
	}
	return up
}

// service returns the service that a monitor belongs to: of its outermost group, or
// else of its first tag.
func (c *converter) service(m *tree.Value) *folder.Service {
	at := m
	for range deepest {
		up := c.groupOf(at)
		if up == nil {
			break
		}
		at = up
	}
	if at != m {
		m.Get("parent").Exact("exporter.yml: services")
		return c.out.Service(at.Get("name").TextOr(""), at.Get("name").Source())
	}
	m.Get("parent").Note(convert.Missing, "", "the backup has no group of this number")
	if tags := m.Get("tags").Items(); len(tags) > 0 && tags[0].Get("name").TextOr("") != "" {
		tags[0].Exact("exporter.yml: services")
		return c.out.Service(tags[0].Get("name").Text(), tags[0].Get("name").Source())
	}
	return c.out.Service("Services", convert.Source{})
}
