// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A channel is one that Vigil told.
type channel struct {
	kind   string // of the configuration that a receiver has of it, such as slack_configs
	config configfile.Map
	only   bool // reminders, and no changes
	alone  bool // it needs a group of replicas alone
}

// A notifier collects the channels.
type notifier struct {
	c        *converter
	page     brand
	channels []channel      // in Vigil's order
	bridge   configfile.Map // settings of the bridge, by the name of the channel
	escalate origin         // set if reminders go down a list of people
	reminds  bool           // there are reminders
	words    bool           // some channel is told in the words of the template
}

const manyTimes = "Vigil told when the whole became dead or was dead no more, and tried thrice. Here one message tells of all that is dead, again within 10 s when more is or some of it no longer, " +
	"but not while nothing changes, and is tried for hours. Mail, Slack, Telegram and Webex have Vigil's subject (DEAD | replicas, or HEALTHY, also if something is still sick) and lines (Status, Nodes, Time, URL); " +
	"the channels of the bridge have words of their own: look at what filters by them. " +
	"What Pharos says of itself (PharosExporterDown and others) goes to nobody: lead it somewhere in alertmanager.yml."

// notify makes what tells people: alertmanager.yml, alerting.yml, bridge.yml.
func (c *converter) notify(s *section, page brand) {
	n := &notifier{c: c, page: page}
	startup := s.flag("startup_notification", true)
	reminders := n.reminders(s)
	n.reminds = len(reminders) > 0
	n.email(s.sub("email"))
	n.twilio(s.sub("twilio"))
	n.slack(s.sub("slack"))
	n.zulip(s.sub("zulip"))
	n.telegram(s.sub("telegram"))
	n.pushover(s.sub("pushover"))
	n.gotify(s.sub("gotify"))
	n.xmpp(s.sub("xmpp"))
	n.matrix(s.sub("matrix"))
	n.webex(s.sub("webex"))
	n.webhook(s.sub("webhook"))
	s.done()
	if !s.present() {
		return
	}
	if len(n.channels) > 0 {
		c.note(s.here(), alertmanagerFile, manyTimes)
	}
	n.alerting(startup, reminders)
	n.routing(startup.value)
	n.writeBridge()
}

// receive adds a channel of Alertmanager's own.
func (n *notifier) receive(kind string, only setting[bool], config configfile.Map) {
	n.channels = append(n.channels, channel{kind: kind, config: config, only: only.value})
	n.words = true
	n.onlyNote(only)
}

// onlyNote tells where reminders_only is.
func (n *notifier) onlyNote(only setting[bool]) {
	switch {
	case only.value && !n.reminds:
		n.c.missing(only.origin, "Without a reminder_interval nothing is told here, as in Vigil. Set notify.reminder_interval, or reminders in alerting.yml.")
	case only.value:
		n.c.note(only.origin, alertingFile+": reminders.only", "")
	default:
		n.c.note(only.origin, alertmanagerFile+": receivers", "")
	}
}

// viaBridge adds a channel of the bridge.
func (n *notifier) viaBridge(name, kind string, only setting[bool], settings configfile.Map) {
	n.bridge = append(n.bridge, configfile.Entry{Key: name, Value: configfile.Map{{Key: kind, Value: settings}}})
	n.channels = append(n.channels, channel{
		kind: "webhook_configs", config: configfile.Map{{Key: "url", Value: "http://127.0.0.1:9642/bridge/v1/" + name}},
		only: only.value, alone: kind == "vigil",
	})
	n.onlyNote(only)
}

// settings begins a block of a channel, in alertmanager.yml or in bridge.yml.
func (n *notifier) settings(file, name string) *block {
	return &block{c: n.c, file: file, path: name}
}

// secretFile puts the file of a secret.
func (n *notifier) secretFile(b *block, key, file, path string, s setting[string]) {
	n.c.keep(file, s)
	b.m = append(b.m, configfile.Entry{Key: key, Value: path, After: s.after()})
}

// address checks the address of a service, and returns it without the slash at its
// end.
func (n *notifier) address(s setting[string]) setting[string] {
	u, err := url.Parse(s.value)
	switch {
	case !s.set:
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		n.c.failAt(s.src, "not an address; write it in full, such as https://example.com/")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		n.c.failAt(s.src, "an address of a service holds no user, password, query or fragment; remove them")
	}
	s.value = strings.TrimRight(s.value, "/")
	return s
}

// hook checks an address that is secret as a whole.
func (n *notifier) hook(s setting[string]) setting[string] {
	u, err := url.Parse(s.value)
	if s.set && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		n.c.failAt(s.src, "not an address; write it in full, such as https://hooks.example.com/a1b2c3")
	}
	return s
}

// token checks a secret that is the value of a header.
func (n *notifier) token(s setting[string]) setting[string] {
	if strings.ContainsFunc(s.value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		n.c.failAt(s.src, "holds white space, or what is not ASCII; copy it again")
	}
	return s
}
