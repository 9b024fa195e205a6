// SPDX-License-Identifier: Apache-2.0

package uptimekuma

import (
	"strings"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
)

// notification makes the receiver of a notification. Its settings are JSON within
// the text config.
func (c *converter) notification(v *tree.Value) {
	if v.Map() == nil {
		return
	}
	v.Called(v.Get("name").TextOr(""))
	config := v.Get("config")
	inner := config
	if !config.IsMap() {
		inner = c.within(config)
	}
	if inner == nil {
		if config == nil {
			v.Fail("the notification has no config; export the backup again")
		}
		return
	}
	id := v.Get("id").TextOr("")
	kind := inner.Get("type").TextOr("")
	r := folder.Receiver{Name: v.Get("name").TextOr(kind), Resolved: true, From: v}
	name, known := c.receiver(kind, r, inner)
	switch {
	case !known:
		v.Note(convert.Missing, "", "neither Alertmanager nor the bridge tells in this way by itself; make a channel of the kind http in bridge.yml (docs/bridge.md), and a receiver that leads to it")
	case name != "":
		c.ways[id] = folder.Way{Receiver: name}
		c.once(v, convert.Differs, "alertmanager.yml: receivers."+name, "all messages have other words, as templates/messages.tmpl says, or the bridge")
	}
}

// within returns the document in a text, whose lines are that of the text.
func (c *converter) within(v *tree.Value) *tree.Value {
	if strings.TrimSpace(v.TextOr("")) == "" {
		return nil
	}
	inner, err := v.Inner()
	if err != nil {
		v.Fail("no JSON object is in this text; export the backup again")
	}
	return inner
}

// receiver makes the receiver of a kind of notification; known is false if there is
// none like it.
func (c *converter) receiver(kind string, r folder.Receiver, v *tree.Value) (name string, known bool) {
	hooks := map[string][3]string{ // the key of the address, and Alertmanager's names
		"slack": {"slackwebhookURL", "slack", "api_url_file"}, "rocket.chat": {"rocketwebhookURL", "slack", "api_url_file"},
		"discord": {"discordWebhookUrl", "discord", "webhook_url_file"}, "mattermost": {"mattermostWebhookUrl", "mattermost", "webhook_url_file"},
		"teams": {"webhookUrl", "msteams", "webhook_url_file"},
	}
	if hook, ok := hooks[kind]; ok {
		address := v.Get(hook[0])
		if address.TextOr("") == "" {
			r.From.Fail("%s is missing; export the backup again", hook[0])
			return "", true
		}
		return c.out.Hook(r, hook[1], hook[2], address), true
	}
	maker := map[string]func(folder.Receiver, *tree.Value) string{
		"telegram": c.telegram, "smtp": c.mail, "PagerDuty": c.pagerDuty, "Opsgenie": c.opsgenie, "pushover": c.pushover, "gotify": c.gotify,
		"matrix": c.matrix, "twilio": c.twilio, "ntfy": c.ntfy, "GoogleChat": c.googleChat, "webhook": c.webhook,
	}[kind]
	if maker == nil {
		return "", false
	}
	return maker(r, v), true
}

// need tells whether settings are there, and fails the notification if one is not.
func need(r folder.Receiver, v *tree.Value, keys ...string) bool {
	for _, key := range keys {
		if strings.TrimSpace(v.Get(key).TextOr("")) == "" {
			r.From.Fail("%s is missing; export the backup again", key)
			return false
		}
	}
	return true
}

func (c *converter) telegram(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "telegramBotToken", "telegramChatID") {
		return ""
	}
	thread := v.Get("telegramMessageThreadID")
	if thread.TextOr("") == "" {
		thread = nil
	}
	return c.out.Telegram(r, v.Get("telegramBotToken"), v.Get("telegramChatID"), thread)
}

func (c *converter) mail(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "smtpHost", "smtpFrom", "smtpTo") {
		return ""
	}
	m := folder.Mail{
		Host: v.Get("smtpHost"), Port: v.Get("smtpPort"), From: v.Get("smtpFrom"), To: v.Get("smtpTo"),
		Insecure: v.Get("smtpIgnoreTLSError").Bool(false),
	}
	if strings.TrimSpace(v.Get("smtpPassword").TextOr("")) != "" && v.Get("smtpUsername").TextOr("") != "" {
		m.User, m.Password = v.Get("smtpUsername"), v.Get("smtpPassword")
	}
	// Uptime Kuma uses STARTTLS where the server has it. Alertmanager does always or
	// never, and shows a password to nobody else than this machine without it.
	secure := v.Get("smtpSecure").Bool(false)
	m.Plain = !secure && (m.User == nil || folder.Here(m.Host.Text()))
	switch {
	case m.Plain:
		r.From.Note(convert.Differs, "alertmanager.yml: receivers.email_configs.require_tls", "mail is not encrypted, where Uptime Kuma encrypted it if the server could; set require_tls: true if it has STARTTLS")
	case !secure:
		r.From.Note(convert.Differs, "alertmanager.yml: receivers.email_configs.require_tls", "the server has to have STARTTLS, as a password is sent; Uptime Kuma did without where it had none")
	}
	return c.out.Email(r, m)
}

func (c *converter) pagerDuty(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "pagerdutyIntegrationKey") {
		return ""
	}
	return c.out.PagerDuty(r, v.Get("pagerdutyIntegrationKey"))
}

func (c *converter) opsgenie(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "opsgenieApiKey") {
		return ""
	}
	return c.out.Opsgenie(r, v.Get("opsgenieApiKey"), strings.EqualFold(v.Get("opsgenieRegion").TextOr(""), "eu"))
}

func (c *converter) pushover(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "pushoverapptoken", "pushoveruserkey") {
		return ""
	}
	return c.out.Pushover(r, v.Get("pushoverapptoken"), v.Get("pushoveruserkey"), nil)
}

func (c *converter) gotify(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "gotifyserverurl", "gotifyapplicationToken") {
		return ""
	}
	return c.out.Gotify(r, v.Get("gotifyserverurl"), v.Get("gotifyapplicationToken"))
}

func (c *converter) matrix(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "homeserverUrl", "internalRoomId", "accessToken") {
		return ""
	}
	return c.out.Matrix(r, v.Get("homeserverUrl"), v.Get("internalRoomId"), v.Get("accessToken"), "")
}

func (c *converter) twilio(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "twilioAccountSID", "twilioAuthToken", "twilioFromNumber", "twilioToNumber") {
		return ""
	}
	return c.out.Twilio(r, v.Get("twilioAccountSID"), v.Get("twilioAuthToken"), v.Get("twilioFromNumber"), v.Get("twilioToNumber"))
}

func (c *converter) ntfy(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "ntfyserverurl", "ntfytopic") {
		return ""
	}
	server, topic := v.Get("ntfyserverurl"), v.Get("ntfytopic")
	q := folder.Request{
		URL: topic, Address: strings.TrimRight(strings.TrimSpace(server.Text()), "/") + "/" + strings.TrimSpace(topic.Text()),
		Type: "text/plain", Body: `{{ template "bridge.text" . }}`,
	}
	if token := v.Get("ntfyaccesstoken"); strings.TrimSpace(token.TextOr("")) != "" {
		q.Headers = []folder.Header{{Name: "Authorization", Value: "Bearer " + strings.TrimSpace(token.Text()), From: r.From}}
	} else if user := v.Get("ntfyusername").TextOr(""); user != "" {
		q.Headers = []folder.Header{{Name: "Authorization", Value: folder.Basic(user, v.Get("ntfypassword").TextOr("")), From: r.From}}
	}
	return c.out.HTTP(r, "ntfy", q)
}

func (c *converter) googleChat(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "googleChatWebhookURL") {
		return ""
	}
	return c.out.HTTP(r, "googlechat", folder.Request{URL: v.Get("googleChatWebhookURL"), Body: `{"text": ` + folder.Said + `}`})
}

// webhook posts what Alertmanager posts.
func (c *converter) webhook(r folder.Receiver, v *tree.Value) string {
	if !need(r, v, "webhookURL") {
		return ""
	}
	q := folder.Request{URL: v.Get("webhookURL")}
	for _, h := range c.within(v.Get("webhookAdditionalHeaders")).Members() {
		if !strings.EqualFold(h.Key(), "Content-Type") {
			q.Headers = append(q.Headers, folder.Header{Name: h.Key(), Value: h.TextOr(""), From: r.From})
		}
	}
	r.From.Note(convert.Differs, "bridge.yml: channels", "it posts what Alertmanager posts, which is other JSON than that of Uptime Kuma; write a body into the channel to have that")
	return c.out.HTTP(r, "webhook", q)
}
